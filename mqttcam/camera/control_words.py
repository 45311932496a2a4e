"""Names, options, icons and device classes for people, of the controls that many cameras have.

The names are those of libcamera (control_ids_core.yaml) and of the kernel's V4L2 controls (v4l2-ctrls-defs.c), as keys.
Every other control is named by the words in its own name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ACRONYMS = frozenset(
    {
        "ae",
        "aec",
        "af",
        "agc",
        "awb",
        "ccm",
        "fps",
        "fx",
        "hdr",
        "ir",
        "iso",
        "jpeg",
        "led",
        "osd",
        "rgb",
        "wdr",
    }
)
_CAMEL_CASE = re.compile(r"[A-Z][a-z]+([A-Z][a-z]*)+")
_FREQUENCY = re.compile(r"(\d+) ?Hz")

_TITLES: Mapping[str, str] = {
    # libcamera
    "ae_constraint_mode": "Exposure constraint",
    "ae_enable": "Auto exposure",
    "ae_exposure_mode": "Exposure mode",
    "ae_flicker_mode": "Flicker avoidance",
    "ae_flicker_period": "Flicker period",
    "ae_metering_mode": "Exposure metering",
    "af_metering": "Focus metering",
    "af_mode": "Focus mode",
    "af_pause": "Autofocus pause",
    "af_range": "Focus range",
    "af_speed": "Focus speed",
    "af_windows": "Focus window",
    "awb_enable": "Auto white balance",
    "awb_mode": "White balance",
    "colour_gain_blue": "Blue gain",
    "colour_gain_red": "Red gain",
    "colour_gains": "Colour gains",
    "exposure_value": "Exposure compensation",
    "hdr_mode": "HDR mode",
    "lens_position": "Focus position",
    "noise_reduction_mode": "Noise reduction",
    "scaler_crop": "Crop",
    # V4L2
    "exposure_absolute": "Exposure time",
    "exposure_auto": "Auto exposure",
    "exposure_auto_priority": "Variable frame rate",
    "exposure_dynamic_framerate": "Variable frame rate",
    "exposure_time_absolute": "Exposure time",
    "focus_absolute": "Focus position",
    "focus_auto": "Autofocus",
    "focus_automatic_continuous": "Autofocus",
    "gain_automatic": "Auto gain",
    "hue_automatic": "Auto hue",
    "iris_absolute": "Iris",
    "pan_absolute": "Pan",
    "tilt_absolute": "Tilt",
    "white_balance_automatic": "Auto white balance",
    "white_balance_temperature_auto": "Auto white balance",
    "zoom_absolute": "Zoom",
}
_ICONS: Mapping[str, str] = {
    "ae_constraint_mode": "mdi:brightness-auto",
    "ae_enable": "mdi:brightness-auto",
    "ae_exposure_mode": "mdi:brightness-auto",
    "ae_flicker_mode": "mdi:lightbulb-fluorescent-tube-outline",
    "ae_flicker_period": "mdi:lightbulb-fluorescent-tube-outline",
    "ae_metering_mode": "mdi:camera-metering-matrix",
    "af_metering": "mdi:camera-metering-partial",
    "af_mode": "mdi:image-filter-center-focus",
    "af_pause": "mdi:pause-circle-outline",
    "af_range": "mdi:arrow-expand-horizontal",
    "af_speed": "mdi:speedometer",
    "af_windows": "mdi:focus-field",
    "analogue_gain": "mdi:brightness-percent",
    "auto_exposure": "mdi:brightness-auto",
    "awb_enable": "mdi:white-balance-auto",
    "awb_mode": "mdi:white-balance-sunny",
    "backlight_compensation": "mdi:weather-sunset",
    "brightness": "mdi:brightness-6",
    "colour_gain_blue": "mdi:palette",
    "colour_gain_red": "mdi:palette",
    "colour_gains": "mdi:palette",
    "colour_temperature": "mdi:thermometer",
    "contrast": "mdi:contrast-circle",
    "exposure_absolute": "mdi:camera-timer",
    "exposure_auto": "mdi:brightness-auto",
    "exposure_auto_priority": "mdi:speedometer",
    "exposure_dynamic_framerate": "mdi:speedometer",
    "exposure_time": "mdi:camera-timer",
    "exposure_time_absolute": "mdi:camera-timer",
    "exposure_value": "mdi:plus-minus-variant",
    "focus_absolute": "mdi:camera-metering-spot",
    "focus_auto": "mdi:image-filter-center-focus",
    "focus_automatic_continuous": "mdi:image-filter-center-focus",
    "frame_duration_limits": "mdi:speedometer",
    "frame_rate": "mdi:speedometer",
    "gain": "mdi:brightness-percent",
    "gain_automatic": "mdi:brightness-percent",
    "gamma": "mdi:gamma",
    "hdr_mode": "mdi:hdr",
    "hue": "mdi:palette",
    "hue_automatic": "mdi:palette",
    "lens_position": "mdi:camera-metering-spot",
    "noise_reduction_mode": "mdi:blur",
    "pan": "mdi:pan-horizontal",
    "pan_absolute": "mdi:pan-horizontal",
    "power_line_frequency": "mdi:lightbulb-fluorescent-tube-outline",
    "saturation": "mdi:palette",
    "scaler_crop": "mdi:crop",
    "sharpness": "mdi:details",
    "tilt": "mdi:pan-vertical",
    "tilt_absolute": "mdi:pan-vertical",
    "white_balance_automatic": "mdi:white-balance-auto",
    "white_balance_temperature": "mdi:thermometer",
    "white_balance_temperature_auto": "mdi:white-balance-auto",
    "zoom": "mdi:magnify-plus-outline",
    "zoom_absolute": "mdi:magnify-plus-outline",
}
_OPTIONS: Mapping[str, str] = {
    "CentreWeighted": "Centre-weighted",
    "Deferred": "Paused after the scan",
    "Immediate": "Paused",
    "MultiExposure": "Multiple exposures",
    "MultiExposureUnmerged": "Multiple exposures, unmerged",
    "Resume": "Not paused",
    "Windows": "Focus window",
    "ZSL": "Zero shutter lag",
}


def key_of(name: str) -> str:
    """Return libcamera's spelling of a name as one for topics and JSON."""
    return _WORD.sub("_", name).lower()


def title_of(name: str) -> str:
    """Return libcamera's spelling of a name, or a key, as one for people."""
    if (title := _TITLES.get(key_of(name))) is not None:
        return title
    words = _WORD.sub(" ", name).replace("_", " ").lower().split()
    title = " ".join(word.upper() if word in _ACRONYMS else word for word in words)
    return title[:1].upper() + title[1:]


def icon_of(name: str) -> str | None:
    """Return the `mdi:` name of an icon for a control; `None` if the table has none."""
    return _ICONS.get(key_of(name))


def option_titles(options: tuple[str, ...]) -> dict[str, str]:
    """Return the options whose name for people is another one: `HighQuality` is `High quality`."""
    titles = {option: _option_title(option) for option in options}
    if len({title.casefold() for title in titles.values()}) < len(options):
        return {}
    return {option: title for option, title in titles.items() if title != option}


def _option_title(option: str) -> str:
    if (title := _OPTIONS.get(option)) is not None:
        return title
    if _CAMEL_CASE.fullmatch(option):
        return _WORD.sub(" ", option).capitalize()
    return _FREQUENCY.sub(r"\1 Hz", option)
