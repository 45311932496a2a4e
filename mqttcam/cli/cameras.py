"""The cameras attached to this machine, as text or as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mqttcam.camera.sources import attached


def attached_cameras() -> list[dict[str, object]]:
    """Return each camera as JSON: the `source` to configure, model, sizes, and controls with kind and default."""
    return [
        {
            "id": found.id,
            "model": found.model,
            "source": dict(found.source),
            "sizes": [f"{width}x{height}" for width, height in found.sizes],
            "controls": {
                control.name: control.kind.describe()
                | {"default": control.kind.encode(control.default), "raw": control.raw}
                for control in found.controls
            },
            **found.details,
        }
        for found in attached()
    ]


def as_text(cameras: Sequence[Mapping[str, object]]) -> str:
    """Return one block of lines per camera."""
    return "\n\n".join(_block(camera) for camera in cameras)


def _block(camera: Mapping[str, object]) -> str:
    source, sizes, controls = camera["source"], camera["sizes"], camera["controls"]
    assert isinstance(source, dict)
    assert isinstance(sizes, list)
    assert isinstance(controls, dict)
    lines = [
        f"{camera['id']}: {camera['model']}",
        "  source: {" + ", ".join(f"{key}: {value}" for key, value in source.items()) + "}",
        f"  sizes: {', '.join(sizes)}",
        *_details(camera),
        "  controls:",
    ]
    return "\n".join(lines + [f"    {name}: {_control(details)}" for name, details in controls.items()])


def _details(camera: Mapping[str, object]) -> list[str]:
    """Return lines on what only camera modules have."""
    lines = []
    if isinstance(modes := camera.get("sensor_modes"), dict) and modes:
        lines.append("  sensor modes:")
        for mode, more in modes.items():
            lines.append(
                f"    {mode}" + (f", up to {more['fps']:g} fps, crop {more['crop']}" if more else "")
            )
    lines += [
        f"  {key.replace('_', ' ')}: {', '.join(names)}"
        for key in ("formats", "raw_formats")
        if isinstance(names := camera.get(key), list) and names
    ]
    if isinstance(properties := camera.get("properties"), dict) and properties:
        lines.append("  properties:")
        lines += [f"    {name}: {value}" for name, value in properties.items()]
    return lines


def _control(details: Mapping[str, object]) -> str:
    allowed, bounds = details.get("allowed"), details.get("bounds")
    if isinstance(allowed, list):
        what = " | ".join(map(str, allowed))
    elif isinstance(bounds, list):
        what = f"x, y, width, height within {', '.join(map(str, bounds))}"
    else:
        what = f"{details.get('min')} … {details.get('max')}"
    return f"{what} (default {details.get('default')}{', raw' if details.get('raw') else ''})"
