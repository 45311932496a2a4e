"""The units and state classes of numeric device classes.

Source: ``DEVICE_CLASS_UNITS``, ``DEVICE_CLASS_STATE_CLASSES``, ``STATE_CLASS_UNITS`` and ``AMBIGUOUS_UNITS``
in ``homeassistant/components/sensor/const.py`` and ``…/number/const.py`` of Home Assistant 2026.11.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

NumericDeviceClass: TypeAlias = Literal[
    "absolute_humidity",
    "apparent_power",
    "aqi",
    "area",
    "atmospheric_pressure",
    "battery",
    "blood_glucose_concentration",
    "carbon_monoxide",
    "carbon_dioxide",
    "conductivity",
    "current",
    "data_rate",
    "data_size",
    "distance",
    "duration",
    "energy",
    "energy_distance",
    "energy_storage",
    "frequency",
    "gas",
    "humidity",
    "illuminance",
    "irradiance",
    "moisture",
    "monetary",
    "nitrogen_dioxide",
    "nitrogen_monoxide",
    "nitrous_oxide",
    "ozone",
    "ph",
    "pm1",
    "pm10",
    "pm25",
    "pm4",
    "power_factor",
    "power",
    "precipitation",
    "precipitation_intensity",
    "pressure",
    "radon",
    "reactive_energy",
    "reactive_power",
    "signal_strength",
    "sound_pressure",
    "speed",
    "sulphur_dioxide",
    "temperature",
    "temperature_delta",
    "volatile_organic_compounds",
    "volatile_organic_compounds_parts",
    "voltage",
    "volume",
    "volume_storage",
    "volume_flow_rate",
    "water",
    "weight",
    "wind_direction",
    "wind_speed",
]
"""The device classes of numbers. Sensors have these and four that are not numeric."""

StateClass: TypeAlias = Literal["measurement", "measurement_angle", "total", "total_increasing"]
"""How long-term statistics treat the values of a sensor."""

_PRESSURE = ("Pa", "atm", "bar", "cbar", "hPa", "inHg", "inH₂O", "kPa", "mPa", "mbar", "mmHg", "psi")
_ENERGY = (
    "GJ",
    "GWh",
    "Gcal",
    "J",
    "MJ",
    "MWh",
    "Mcal",
    "TWh",
    "Wh",
    "cal",
    "kJ",
    "kWh",
    "kcal",
    "mWh",
    "thm",
)
_VOLUME = ("CCF", "L", "MCF", "fl. oz.", "ft³", "gal", "mL", "m³")

UNITS: Final[Mapping[str, tuple[str | None, ...]]] = {
    "absolute_humidity": ("g/m³", "mg/m³"),
    "apparent_power": ("VA", "kVA", "mVA"),
    "aqi": (None,),
    "area": ("ac", "cm²", "ft²", "ha", "in²", "km²", "mi²", "mm²", "m²", "yd²"),
    "atmospheric_pressure": _PRESSURE,
    "battery": ("%",),
    "blood_glucose_concentration": ("mg/dL", "mmol/L"),
    "carbon_monoxide": ("mg/m³", "ppb", "ppm", "μg/m³"),
    "carbon_dioxide": ("ppm",),
    "conductivity": ("S/cm", "mS/cm", "μS/cm"),
    "current": ("A", "mA", "μA"),
    "data_rate": (
        "B/s",
        "GB/s",
        "Gbit/s",
        "GiB/s",
        "KiB/s",
        "MB/s",
        "Mbit/s",
        "MiB/s",
        "bit/s",
        "kB/s",
        "kbit/s",
    ),
    "data_size": (
        "B",
        "EB",
        "EiB",
        "GB",
        "Gbit",
        "GiB",
        "KiB",
        "MB",
        "Mbit",
        "MiB",
        "PB",
        "PiB",
        "TB",
        "TiB",
        "YB",
        "YiB",
        "ZB",
        "ZiB",
        "bit",
        "kB",
        "kbit",
    ),
    "distance": ("cm", "ft", "in", "km", "m", "mi", "mm", "nmi", "yd"),
    "duration": ("d", "h", "min", "ms", "s", "μs"),
    "energy": _ENERGY,
    "energy_distance": ("Wh/km", "kWh/100km", "km/kWh", "mi/kWh"),
    "energy_storage": _ENERGY,
    "frequency": ("GHz", "Hz", "MHz", "kHz", "mHz"),
    "gas": ("CCF", "L", "MCF", "ft³", "m³"),
    "humidity": ("%",),
    "illuminance": ("lx",),
    "irradiance": ("BTU/(h⋅ft²)", "W/m²"),
    "moisture": ("%",),
    "nitrogen_dioxide": ("ppb", "ppm", "μg/m³"),
    "nitrogen_monoxide": ("ppb", "μg/m³"),
    "nitrous_oxide": ("μg/m³",),
    "ozone": ("ppb", "ppm", "μg/m³"),
    "ph": (None,),
    "pm1": ("μg/m³",),
    "pm10": ("μg/m³",),
    "pm25": ("μg/m³",),
    "pm4": ("μg/m³",),
    "power_factor": ("%", None),
    "power": ("GW", "MW", "TW", "W", "kW", "mW"),
    "precipitation": ("cm", "in", "mm"),
    "precipitation_intensity": ("in/d", "in/h", "mm/d", "mm/h"),
    "pressure": _PRESSURE,
    "radon": ("Bq/m³", "pCi/L"),
    "reactive_energy": ("kvarh", "varh"),
    "reactive_power": ("kvar", "mvar", "var"),
    "signal_strength": ("dB", "dBm"),
    "sound_pressure": ("dB", "dBA"),
    "speed": (
        "Beaufort",
        "ft/s",
        "in/d",
        "in/h",
        "in/s",
        "km/h",
        "kn",
        "m/min",
        "m/s",
        "mm/d",
        "mm/h",
        "mm/s",
        "mph",
    ),
    "sulphur_dioxide": ("ppb", "μg/m³"),
    "temperature": ("K", "°C", "°F"),
    "temperature_delta": ("K", "°C", "°F"),
    "volatile_organic_compounds": ("mg/m³", "μg/m³"),
    "volatile_organic_compounds_parts": ("ppb", "ppm"),
    "voltage": ("MV", "V", "kV", "mV", "μV"),
    "volume": _VOLUME,
    "volume_flow_rate": (
        "L/h",
        "L/min",
        "L/s",
        "ft³/min",
        "gal/d",
        "gal/h",
        "gal/min",
        "mL/s",
        "m³/h",
        "m³/min",
        "m³/s",
    ),
    "volume_storage": _VOLUME,
    "water": ("CCF", "L", "MCF", "ft³", "gal", "m³"),
    "weight": ("g", "kg", "lb", "mg", "oz", "st", "μg"),
    "wind_direction": ("°",),
    "wind_speed": ("Beaufort", "ft/s", "in/s", "km/h", "kn", "m/min", "m/s", "mm/s", "mph"),
}
"""The units of each device class; None if the unit may be missing. ``monetary`` takes any unit."""

NON_NUMERIC: Final = ("date", "enum", "timestamp", "uptime")
"""The device classes of sensors whose values are not numbers: they have no unit and no state class."""

_ANY = ("measurement", "measurement_angle", "total", "total_increasing")
_TOTALS = ("total", "total_increasing")

STATE_CLASSES: Final[Mapping[str, tuple[str, ...]]] = {
    "area": _ANY,
    "data_size": _ANY,
    "distance": _ANY,
    "duration": _ANY,
    "energy": _TOTALS,
    "gas": _TOTALS,
    "monetary": ("total",),
    "precipitation": _ANY,
    "reactive_energy": _TOTALS,
    "volume": _TOTALS,
    "water": _TOTALS,
    "weight": ("measurement", "total", "total_increasing"),
    "wind_direction": ("measurement_angle",),
}
"""The state classes of each device class; those that are not listed have ``measurement`` only."""

STATE_CLASS_UNITS: Final[Mapping[str, tuple[str, ...]]] = {"measurement_angle": ("°",)}

_PREFERRED: Final[Mapping[str, str]] = {
    "\u00b5Sv/h": "μSv/h",
    "\u00b5S/cm": "μS/cm",
    "\u00b5V": "μV",
    "\u00b5g/ft³": "μg/ft³",
    "\u00b5g/m³": "μg/m³",
    "\u00b5mol/s⋅m²": "μmol/s⋅m²",
    "\u00b5g": "μg",
    "\u00b5s": "μs",
    "mVAr": "mvar",
    "VAr": "var",
    "kVAr": "kvar",
    "VArh": "varh",
    "kVArh": "kvarh",
}


def preferred_unit(unit: str) -> str:
    """Return the spelling that Home Assistant compares: the Greek mu for the micro sign, ``var`` for ``VAr``."""
    return _PREFERRED.get(unit, unit)


def check_unit(device_class: str, unit: str | None) -> None:
    """Check the unit of a numeric device class; None if there is no unit.

    Home Assistant refuses a sensor with a wrong unit. If the unit is missing, and for numbers, it logs a warning.

    Raises:
        ValueError: the device class has other units.
    """
    allowed = UNITS.get(device_class)
    if allowed is None or (preferred_unit(unit) if unit is not None else None) in allowed:
        return
    names = ", ".join("no unit" if name is None else name for name in allowed)
    given = "is missing" if unit is None else f"{unit!r} is wrong"
    raise ValueError(f"unit_of_measurement {given} for device_class {device_class!r}; allowed: {names}")


def allowed_state_classes(device_class: str) -> tuple[str, ...]:
    """Return the state classes of a device class; Home Assistant logs a warning about others."""
    return () if device_class in NON_NUMERIC else STATE_CLASSES.get(device_class, ("measurement",))


def check_state_class(device_class: str, state_class: str) -> None:
    """Check the state class of a sensor with a device class.

    Raises:
        ValueError: the device class has other state classes, or none.
    """
    allowed = allowed_state_classes(device_class)
    if state_class not in allowed:
        names = ", ".join(allowed) or "none, as its values are not numbers"
        raise ValueError(
            f"state_class {state_class!r} is wrong for device_class {device_class!r}; allowed: {names}"
        )
