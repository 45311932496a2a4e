"""What the controls of cameras do, in words: their groups, a sentence for each, and other words that people look for.

The keys are those of libcamera's controls (control_ids_core.yaml) and of the kernel's V4L2 controls. A control that is
in no table belongs to the group that its name suggests, and has no sentence.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct

EXPOSURE, WHITE_BALANCE, FOCUS = "Exposure", "White balance", "Focus"
PICTURE, LENS = "Picture", "Lens and zoom"
OTHER, EXPERT = "More controls", "For experts"


class Help(Struct, frozen=True):
    """What users are shown of a control or of another entity besides its name.

    Attributes:
        group: the heading that it is shown under.
        text: what it does, in a sentence or two; empty if it is not known.
        synonyms: other words to find it by.
    """

    group: str
    text: str = ""
    synonyms: tuple[str, ...] = ()


def _group(name: str, texts: Mapping[str, tuple[str, str]]) -> dict[str, Help]:
    """Return the help of a group from texts, and synonyms with commas between them, by key."""
    return {key: Help(name, text, tuple(words.split(", "))) for key, (text, words) in texts.items()}


_HELP: Mapping[str, Help] = {
    **_group(
        EXPOSURE,
        {
            "ae_enable": (
                "Adapts exposure time and gain to the light. Off keeps both as they are now.",
                "ae, aec, agc, automatic exposure, light, brightness",
            ),
            "exposure_time": (
                "How long each frame collects light. Longer is brighter, but blurs movement.",
                "shutter, shutter speed, brightness, night, long exposure, motion blur, stars",
            ),
            "analogue_gain": (
                "Amplifies the signal of the sensor. More is brighter, but noisier.",
                "iso, sensitivity, brightness, night, noise",
            ),
            "exposure_value": (
                "Makes the automatic exposure darker or brighter, in stops: +1 is twice the light.",
                "ev, brightness, too dark, too bright, compensation",
            ),
            "ae_metering_mode": (
                "Which part of the picture the automatic exposure is based on.",
                "spot, centre, matrix, backlight, light meter",
            ),
            "ae_exposure_mode": (
                "Whether to prefer short exposures, which freeze movement, or long ones, which need less gain.",
                "night, sport, short, long, motion blur",
            ),
            "ae_constraint_mode": (
                "What the automatic exposure protects: highlights from turning white, or shadows from turning black.",
                "highlights, shadows, backlight, contrast",
            ),
            "ae_flicker_mode": (
                "Keeps lamps on mains power from flickering in the picture. Choose the frequency of your mains.",
                "flicker, banding, stripes, 50 Hz, 60 Hz, 50Hz, 60Hz, mains, lamp, led, fluorescent",
            ),
            "ae_flicker_period": (
                "The time between two flashes of a lamp; exposure times are a multiple of it.",
                "flicker, banding, mains, lamp",
            ),
            "frame_rate": (
                "Frames per second of the camera. A low rate leaves time for longer exposures.",
                "fps, frames per second, speed, video, night",
            ),
            "frame_duration_limits": (
                "The shortest and the longest time from one frame to the next.",
                "fps, frame rate, frame duration",
            ),
            "hdr_mode": (
                "Combines bright and dark exposures, for scenes with strong light and shadow.",
                "high dynamic range, backlight, contrast, night",
            ),
            "auto_exposure": (
                "Whether the camera chooses the exposure. In manual mode, you set exposure time and gain.",
                "ae, automatic exposure, shutter, brightness, light",
            ),
            "exposure_auto": (
                "Whether the camera chooses the exposure. In manual mode, you set exposure time and gain.",
                "ae, automatic exposure, shutter, brightness, light",
            ),
            "exposure_time_absolute": (
                "How long each frame collects light, in units of 0.1 ms. Longer is brighter, but blurs movement.",
                "shutter, shutter speed, brightness, night, long exposure, motion blur",
            ),
            "exposure_absolute": (
                "How long each frame collects light, in units of 0.1 ms. Longer is brighter, but blurs movement.",
                "shutter, shutter speed, brightness, night, long exposure, motion blur",
            ),
            "exposure_dynamic_framerate": (
                "Lets the camera lower its frame rate in the dark for longer exposures.",
                "fps, night, low light, priority",
            ),
            "exposure_auto_priority": (
                "Lets the camera lower its frame rate in the dark for longer exposures.",
                "fps, night, low light, priority",
            ),
            "gain": (
                "Amplifies the signal of the sensor. More is brighter, but noisier.",
                "iso, brightness, night",
            ),
            "gain_automatic": ("Adapts the gain to the light.", "agc, autogain, iso, brightness, night"),
            "autogain": ("Adapts the gain to the light.", "agc, iso, brightness, night"),
            "backlight_compensation": (
                "Brightens objects in front of a bright background, such as a window.",
                "backlight, against the light, window, brightness, hdr",
            ),
            "power_line_frequency": (
                "Keeps lamps on mains power from flickering in the picture. Choose the frequency of your mains.",
                "flicker, banding, stripes, 50 Hz, 60 Hz, 50Hz, 60Hz, mains, lamp, led, fluorescent",
            ),
            "measured_exposure_time": ("The exposure time of the last frame.", "shutter, brightness"),
            "measured_analogue_gain": ("The gain of the last frame.", "iso, brightness, noise"),
            "measured_digital_gain": ("The gain that is applied after the sensor.", "iso, brightness, noise"),
            "measured_lux": (
                "An estimate of the light on the scene.",
                "light, brightness, night, illuminance",
            ),
        },
    ),
    **_group(
        WHITE_BALANCE,
        {
            "awb_enable": (
                "Corrects the colour of the light, so that white looks white. Off keeps the present correction.",
                "awb, wb, colour, color, tint, automatic",
            ),
            "awb_mode": (
                "The kind of light that the automatic white balance expects.",
                "awb, wb, colour, color, daylight, tungsten, indoor, cloudy, tint",
            ),
            "colour_gain_red": (
                "How much red is amplified. Together with blue, it replaces the automatic white balance.",
                "awb, wb, color gain, red, tint",
            ),
            "colour_gain_blue": (
                "How much blue is amplified. Together with red, it replaces the automatic white balance.",
                "awb, wb, color gain, blue, tint",
            ),
            "colour_gains": ("The gains of red and blue.", "awb, wb, color gains, red, blue, tint"),
            "colour_temperature": (
                "The colour of the light: about 2,700 K is a warm lamp, 5,500 K the sun, 7,500 K shade.",
                "awb, wb, color temperature, kelvin, warm, cold, tint",
            ),
            "colour_correction_matrix": (
                "Nine numbers that convert the colours of the sensor to those of the picture.",
                "ccm, color, matrix",
            ),
            "white_balance_automatic": (
                "Corrects the colour of the light automatically, so that white looks white.",
                "awb, wb, colour, color, tint",
            ),
            "white_balance_temperature_auto": (
                "Corrects the colour of the light automatically, so that white looks white.",
                "awb, wb, colour, color, tint",
            ),
            "white_balance_temperature": (
                "The colour of the light in kelvin: about 2,700 is a warm lamp, 5,500 the sun, 7,500 shade.",
                "wb, colour temperature, color temperature, kelvin, warm, cold, tint",
            ),
            "red_balance": ("How much red is amplified.", "wb, colour, color, tint"),
            "blue_balance": ("How much blue is amplified.", "wb, colour, color, tint"),
            "measured_colour_temperature": (
                "An estimate of the colour of the light.",
                "wb, color, kelvin, awb",
            ),
        },
    ),
    **_group(
        FOCUS,
        {
            "af_mode": (
                "Continuous focuses all the time, Auto on request, and Manual stays at the focus position.",
                "autofocus, af, sharp, blurred, automatic focus",
            ),
            "af_range": (
                "The distances that autofocus searches. Macro is for close objects.",
                "autofocus, macro, near, close, distance",
            ),
            "af_speed": (
                "How fast autofocus moves the lens. Slow looks smoother in video.",
                "autofocus, slow, fast, video",
            ),
            "af_metering": (
                "Whether autofocus uses the middle of the picture or the focus window.",
                "autofocus, focus area, focus point, window",
            ),
            "af_windows": (
                "The part of the picture that autofocus makes sharp.",
                "autofocus, focus area, focus point, region",
            ),
            "af_pause": (
                "Holds the lens while the focus mode is Continuous.",
                "autofocus, hold, lock, freeze",
            ),
            "lens_position": (
                "The distance that is sharp, in metres; the value itself is in dioptres, which is 1 / metres.",
                "manual focus, focus distance, dioptres, infinity, near, far, sharp, blurred, metres, meters",
            ),
            "autofocus": ("Focuses once.", "af, focus now, sharp, blurred, trigger"),
            "cancel_autofocus": ("Ends a search for the focus.", "af, stop, trigger"),
            "focus_absolute": (
                "The position of the lens, in steps of the camera.",
                "manual focus, distance, near, far, sharp, blurred, autofocus",
            ),
            "focus_auto": ("Focuses all the time.", "autofocus, af, sharp, blurred"),
            "focus_automatic_continuous": (
                "Focuses all the time.",
                "autofocus, af, sharp, blurred, continuous",
            ),
            "measured_lens_position": (
                "Where the lens is, in dioptres, which is 1 / metres.",
                "focus distance",
            ),
            "measured_focus_quality": (
                "How sharp the picture is. Higher is sharper.",
                "figure of merit",
            ),
            "measured_autofocus_state": ("What autofocus is doing.", "af, focused, scanning"),
        },
    ),
    **_group(
        PICTURE,
        {
            "brightness": (
                "Makes every pixel darker or brighter, after the exposure.",
                "light, dark, too dark, too bright",
            ),
            "contrast": ("The difference between dark and bright.", "flat, dynamic"),
            "saturation": (
                "The strength of colours. At its lowest, the picture is grey.",
                "colour, color, gray",
            ),
            "sharpness": (
                "Emphasises edges. Too much makes noise visible.",
                "sharp, edges, details, blurred",
            ),
            "gamma": ("The brightness of the middle tones.", "brightness, contrast, shadows"),
            "hue": ("Shifts all colours.", "colour, color, tint"),
            "hue_automatic": ("Lets the camera choose the hue.", "colour, color, tint"),
            "noise_reduction_mode": (
                "How much noise is removed. Better quality takes more of the machine's memory bandwidth.",
                "denoise, noise, grain, night",
            ),
            "pattern": ("The test picture.", "bars, test"),
            "speed": ("How fast the ball moves.", "ball, motion"),
            "show_clock": ("Shows time and frame number in the test picture.", "time, counter, latency"),
            "bounce": ("Moves the ball for a few seconds, also at speed 0.", "ball, motion, test"),
        },
    ),
    **_group(
        LENS,
        {
            "zoom": (
                "Enlarges a part of the picture, as sharp as the sensor allows.",
                "enlarge, crop, digital zoom, closer, magnify",
            ),
            "pan": ("Moves the enlarged part to the left or right.", "left, right, ptz, move, crop"),
            "tilt": ("Moves the enlarged part up or down.", "up, down, ptz, move, crop"),
            "scaler_crop": (
                "The part of the sensor's picture that is shown.",
                "zoom, region of interest, roi",
            ),
            "zoom_absolute": ("Enlarges the picture.", "enlarge, closer, magnify"),
            "pan_absolute": ("Turns the camera to the left or right.", "left, right, ptz, move"),
            "tilt_absolute": ("Turns the camera up or down.", "up, down, ptz, move"),
            "iris_absolute": ("The opening of the lens.", "aperture, light, brightness"),
        },
    ),
}
_BY_NAME: tuple[tuple[str, str], ...] = (
    (r"focus|^af_|_af_", FOCUS),
    (r"white_balance|awb|red_balance|blue_balance|colou?r_gain|colou?r_temp", WHITE_BALANCE),
    (r"expos|gain|shutter|iso|^ae_|backlight|flicker|power_line|hdr|wdr", EXPOSURE),
    (r"zoom|^pan|tilt|iris|lens|crop", LENS),
    (r"bright|contrast|satur|sharp|gamma|hue|noise|colou?r|flip", PICTURE),
)
"""Regular expressions on keys of controls that are in no table, with their groups."""


def control_help(key: str, *, raw: bool = False) -> Help:
    """Return the help of a control, an action or a reading of a camera.

    Args:
        key: its key, such as `awb_mode` or `measured_lux`.
        raw: whether it is only for experts.
    """
    known = _HELP.get(key)
    if raw:
        return Help(EXPERT, known.text if known else "", known.synonyms if known else ())
    if known is not None:
        return known
    return Help(next((group for pattern, group in _BY_NAME if re.search(pattern, key)), OTHER))
