"""The parts of a drawn face, from the background to the hat: layers over a `Scene`."""

import jax.numpy as jnp
from jax import Array

from genjax.data.drawn_shapes import (
    Layer,
    Part,
    Scene,
    box,
    bump,
    cover,
    ellipse,
    ramp,
    smooth_union,
    smoothstep,
    wave,
)

IRIS = ((0.27, 0.14, 0.06), (0.30, 0.46, 0.22), (0.28, 0.58, 0.88))
BACKGROUND = ((0.14, 0.19, 0.31), (0.44, 0.57, 0.56), (0.93, 0.87, 0.76))


def _colour(*channels: float) -> Array:
    return jnp.asarray(channels, jnp.float32)


def _behind(at: Scene) -> list[Layer]:
    """The background, the hair behind the head, the neck and the clothing."""
    lamp = at.f["light"]
    glow = 1.10 - 0.22 * (at.x**2 + (at.y + 0.2) ** 2)
    throat = ellipse(at.x, at.y - 0.98, 0.36, 0.14)
    neck = smooth_union(box(at.x, at.y - 0.75, 0.21, 0.40, 0.05), throat, 0.12)
    below = 0.60 + 0.30 * smoothstep(at.y, 0.72, 0.92) + 0.30 * lamp * at.x
    collar = ellipse(at.x, at.y - 0.80, 0.31, 0.155)
    torso = jnp.maximum(ellipse(at.x, at.y - 1.32, 1.02, 0.54), -collar)
    hem = 1.0 - 0.22 * cover(collar - 0.035, 0.012)
    return [
        Layer(jnp.ones_like(at.x), ramp(BACKGROUND, at.f["background"]), glow),
        Layer(cover(at.outline, at.edge), at.hair, 0.72 + 0.15 * lamp * at.x),
        Layer(cover(neck, at.edge), at.skin, below),
        Layer(cover(torso, at.edge), at.cloth, hem * (1.05 + 0.22 * lamp * at.x - 0.2 * at.y)),
    ]


def _head(at: Scene) -> list[Layer]:
    """The ears, the face and the warmth of its cheeks."""
    ear_x = jnp.abs(at.head_x + 0.10 * at.turn) - at.half_width - 0.005
    ear_y = at.head_y - 0.02
    ear_shade = 0.86 + 0.15 * at.f["light"] * jnp.sign(at.head_x)
    # The jaw narrows towards the chin, less so in a wide face.
    low = jnp.clip((at.head_y - 0.05) / 0.70, 0.0, 1.1)
    narrow = 1.0 - (0.20 - 0.08 * at.f["face_width"]) * low * jnp.sqrt(low)
    face_x = (at.head_x - 0.03 * at.turn * low) / narrow
    face = ellipse(face_x, at.head_y - 0.05, at.half_width, 0.70)
    warm = at.skin * _colour(0.88, 0.68, 0.62)
    blush = at.f["Rosy_Cheeks"] * bump(at.side - 0.30, at.head_y - 0.20, 0.20, 0.16)
    return [
        Layer(cover(ellipse(ear_x, ear_y, 0.065, 0.13), at.edge), at.skin, ear_shade),
        Layer(0.55 * bump(ear_x - 0.01, ear_y, 0.05, 0.10), warm * 0.75),
        Layer(cover(face, at.edge), at.skin, at.shade),
        Layer(0.30 * bump(at.side - 0.29, ear_y - 0.18, 0.26, 0.20), warm, at.shade),
        Layer(0.62 * blush, _colour(0.95, 0.36, 0.42), 0.6 + 0.4 * at.shade),
    ]


def _nose(at: Scene) -> list[Layer]:
    x, y, wide = at.face_x - 0.22 * at.turn, at.head_y, 1.0 + 0.65 * at.f["Big_Nose"]
    side, lamp = jnp.abs(x), at.f["light"]
    nostril = ellipse(side - 0.042 * wide, y - 0.23 + 0.2 * side, 0.024 * wide, 0.013)
    wing = jnp.abs(ellipse(side - 0.070 * wide, y - 0.185, 0.042, 0.055)) - 0.008
    behind = smoothstep(side, 0.072 * wide, 0.10 * wide) * smoothstep(y, 0.13, 0.17)
    shine = 0.28 * bump(x - 0.015 * lamp, y - 0.145, 0.045 * wide, 0.06)
    bridge = 0.16 * bump(x - 0.010 * lamp, y, 0.035, 0.20)
    return [
        Layer(0.16 * bump(side - 0.085, y + 0.06, 0.07, 0.20), at.skin * 0.5),
        Layer(0.45 * bump(x, y - 0.245, 0.13 * wide, 0.06), at.skin * 0.42),
        Layer(0.45 * cover(wing, 2 * at.edge) * behind, at.skin * 0.40),
        Layer(0.70 * cover(nostril, 1.5 * at.edge), at.skin * 0.22),
        Layer(shine + bridge, _colour(1.0, 0.97, 0.93)),
    ]


def _eyes(at: Scene) -> list[Layer]:
    """Sockets, eyes and brows: drawn for one side and mirrored, but for the highlight."""
    lamp, smile = at.f["light"], at.f["Smiling"]
    x = at.side - 0.225
    y = at.head_y + 0.10 + 0.07 * x
    arch = 1.0 - (x / 0.125) ** 2
    upper, lower = y + (0.068 - 0.006 * smile) * arch, y - (0.046 - 0.010 * smile) * arch
    opening = cover(jnp.maximum(-upper, lower), at.edge)
    iris_y = y + 0.012
    radius = jnp.sqrt(x * x + iris_y * iris_y + 1e-9)
    spot = ellipse(x * jnp.sign(at.face_x) - 0.018 * lamp, iris_y + 0.022, 0.017, 0.017)
    ends = jnp.abs(x) - 0.135
    lash = jnp.maximum(jnp.abs(upper) - 0.016 - 0.05 * jnp.maximum(x, 0.0), ends)
    crease = jnp.maximum(jnp.abs(upper + 0.040) - 0.007, ends + 0.01)
    lid = jnp.maximum(jnp.abs(lower - 0.004) - 0.005, ends + 0.02)
    brow_x = at.side - 0.235
    brow_y = at.head_y + 0.285 + 0.02 * smile - 1.1 * jnp.maximum(brow_x - 0.03, -0.2) ** 2
    thin = 1.0 - 1.8 * jnp.maximum(brow_x, 0.0) - 0.7 * jnp.abs(brow_x)
    thick = (0.017 + 0.024 * at.f["Bushy_Eyebrows"]) * thin
    brow = jnp.maximum(jnp.abs(brow_y) - thick, jnp.abs(brow_x) - 0.155)
    dark = _colour(0.10, 0.06, 0.06)
    iris_shade = 1.05 - 0.5 * smoothstep(radius, 0.035, 0.062)
    lid_shadow = 1.0 - 0.45 * smoothstep(upper, 0.05, 0.0)
    return [
        Layer(0.40 * bump(x + 0.01, y + 0.02, 0.22, 0.16), at.skin * _colour(0.60, 0.46, 0.46)),
        Layer(0.45 * cover(crease, 1.5 * at.edge), at.skin * 0.45),
        Layer(opening, _colour(0.95, 0.93, 0.92), lid_shadow),
        Layer(opening * cover(radius - 0.062, at.edge), ramp(IRIS, at.f["eye_colour"]), iris_shade),
        Layer(opening * cover(radius - 0.025, at.edge), dark * 0.4),
        Layer(opening * cover(spot, at.edge), _colour(1.0, 1.0, 1.0)),
        Layer(0.35 * cover(lid, 1.5 * at.edge), at.skin * 0.4),
        Layer(0.92 * cover(lash, at.edge), dark),
        Layer(0.92 * cover(brow, 1.6 * at.edge), at.hair * 0.36),
    ]


def _mouth(at: Scene) -> list[Layer]:
    """The lips, the teeth, the folds of a smile and the moustache."""
    smile, gape, painted = at.f["Smiling"], at.f["Mouth_Slightly_Open"], at.f["Wearing_Lipstick"]
    x, y = at.face_x, at.head_y
    half = 0.165 + 0.050 * smile - 0.01 * gape
    t = x / half
    taper = jnp.maximum(1.0 - t * t, -0.5)
    middle = y - 0.425 - 0.030 * smile + (0.075 * smile + 0.010) * t * t
    top, bottom = middle + 0.022 * gape * taper, middle - 0.058 * gape * taper
    bow = 1.0 - 0.30 * bump(x, y, 0.05, 9.0) + 0.12 * bump(at.side - 0.06, y, 0.06, 9.0)
    ends = at.side - half  # past the corners the curves go on, far up the cheeks
    upper = jnp.maximum(jnp.maximum(-(top + 0.046 * taper * bow), top), ends)
    lower = jnp.maximum(jnp.maximum(-bottom, bottom - 0.058 * taper), ends)
    inside = jnp.maximum(jnp.maximum(-top, bottom), ends)
    line = jnp.abs(jnp.where(middle < 0, top, bottom)) - 0.006
    line = jnp.maximum(line, ends - 0.01)
    lips = at.skin * _colour(0.84, 0.62, 0.60)
    lips += painted * (_colour(0.78, 0.06, 0.17) - lips)
    fold_x, fold_y = at.side - 0.10, y - 0.33
    fold = cover(jnp.abs(ellipse(fold_x, fold_y, 0.15, 0.15)) - 0.008, 3 * at.edge)
    fold *= smoothstep(fold_x, 0.05, 0.12) * bump(fold_x, fold_y + 0.02, 9.0, 0.11)
    hair_y = y - 0.325 - 0.02 * smile - (1.3 - 0.85 * smile) * x * x + 0.02 * bump(x, y, 0.05, 9.0)
    whiskers = jnp.abs(hair_y) - 0.036 * (1.0 - (x / 0.21) ** 2)
    whiskers = jnp.maximum(whiskers, at.side - 0.20)
    gloss = bump(x - 0.03 * at.f["light"], bottom - 0.026, 0.09, 0.018)
    return [
        Layer(0.40 * bump(x, y - 0.545 - 0.05 * gape, 0.14, 0.05), at.skin * 0.50),
        Layer(0.35 * smile * fold, at.skin * 0.45),
        Layer(gape * cover(inside, at.edge), _colour(0.27, 0.05, 0.07)),
        Layer(gape * cover(jnp.maximum(inside, top - 0.036), at.edge), _colour(0.95, 0.93, 0.90)),
        Layer(cover(upper, at.edge), lips, 0.84 * at.shade),
        Layer(cover(lower, at.edge), lips, 1.02 * at.shade),
        Layer(0.22 * gloss, _colour(1.0, 0.95, 0.93)),
        Layer(0.55 * cover(line, at.edge), lips * 0.30),
        Layer(0.92 * at.f["Mustache"] * cover(whiskers, 1.6 * at.edge), at.hair * 0.40),
    ]


def _glasses(at: Scene) -> list[Layer]:
    y = at.head_y
    lens = box(at.side - 0.225, y + 0.085, 0.170, 0.130, 0.09)
    bridge = jnp.maximum(jnp.abs(y + 0.10) - 0.011, at.side - 0.06)
    arm = jnp.maximum(jnp.abs(y + 0.12) - 0.012, 0.390 - at.side)
    arm = jnp.maximum(arm, jnp.abs(at.head_x) - at.half_width)
    frames = jnp.minimum(jnp.abs(lens) - 0.012, jnp.minimum(bridge, arm))
    worn = at.f["Eyeglasses"]
    return [
        Layer(0.06 * worn * cover(lens, at.edge), _colour(1.0, 1.0, 1.0)),
        Layer(worn * cover(frames, at.edge), _colour(0.09, 0.08, 0.10)),
    ]


def _hair(at: Scene) -> list[Layer]:
    """The locks beside the face, the hair over the forehead, the fringe."""
    x, y, lamp, soft = at.head_x, at.head_y, at.f["light"], 2 * at.edge
    strands = wave(2.2 * (x + 0.12) / jnp.maximum(0.75 - y, 0.4))
    ring = jnp.sqrt((x + 0.12) ** 2 + (y - 0.10) ** 2) - 0.80
    sheen = bump(ring, x - 0.25 * lamp, 0.14, 0.6)
    shade = 0.92 + 0.05 * strands + 0.20 * lamp * x + 0.30 * sheen
    line = -0.52 + 0.06 * at.face_x + 7.0 * at.face_x**4
    top = jnp.maximum(at.outline, (y - line) / 1.5)
    low = jnp.clip((y - 0.05) / 0.70, 0.0, 1.0)
    locks = at.half_width * (0.97 - 0.15 * low * low) - jnp.abs(x)
    locks = jnp.maximum(jnp.maximum(at.outline, locks), y - 0.80)
    hem = -0.365 + 0.016 * wave(3.5 * at.face_x + 0.1) + 0.25 * at.face_x**2
    fringe = jnp.maximum(at.outline, y - hem)
    strokes = 0.90 + 0.07 * wave(7.0 * at.face_x + 0.2)
    return [
        Layer(cover(locks, soft), at.hair, 0.84 + 0.2 * lamp * x),
        Layer(cover(top, soft), at.hair, shade),
        Layer(at.f["Bangs"] * cover(fringe, soft), at.hair, shade * strokes),
    ]


def _hat(at: Scene) -> list[Layer]:
    x, y, worn = at.head_x, at.head_y, at.f["Wearing_Hat"]
    brim = y + 0.60 - 0.22 * x**2
    dome = jnp.maximum(ellipse(x, y + 0.40, at.half_width + 0.15, 0.56), brim)
    band = box(x, brim, at.half_width + 0.135, 0.075, 0.05)
    knit = 0.60 + 0.05 * wave(4.8 * x) + 0.22 * at.f["light"] * x - 0.25 * y
    return [
        Layer(worn * cover(dome, at.edge), at.cloth, knit),
        Layer(worn * cover(band, at.edge), at.cloth, knit * 0.82),
    ]


# From the back to the front, each with the rows that it can touch: a strip costs what it is high.
PARTS = (
    Part(_behind),
    Part(_head, -0.80, 0.90),
    Part(_nose, -0.36, 0.40),
    Part(_eyes, -0.52, 0.20),
    Part(_mouth, 0.10, 0.76),
    Part(_glasses, -0.40, 0.22),
    Part(_hair, -1.00, 0.95),
    Part(_hat, -1.00, -0.26),
)
