"""Signed distances, soft bumps, layers and the turned, lit head: what `drawn_faces` draws with.

A shape is a signed distance, negative inside; its coverage of a pixel is a smoothstep of that
distance over about a pixel's width, so that every edge is anti-aliased. A picture is a stack of
layers, each laid over those before it: `a` over `b` is a·α + b·(1 - α).

References:
    J. C. Hart, "Sphere tracing", The Visual Computer 1996 (distances from implicit functions).
    T. Porter, T. Duff, "Compositing digital images", SIGGRAPH 1984.
"""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

Number = Array | float

SKIN = ((0.54, 0.36, 0.27), (0.76, 0.55, 0.41), (0.97, 0.82, 0.73))
HAIR = ((0.09, 0.07, 0.08), (0.24, 0.14, 0.09), (0.52, 0.28, 0.14), (0.90, 0.73, 0.44))
CLOTHING = ((0.66, 0.16, 0.18), (0.20, 0.47, 0.30), (0.20, 0.31, 0.62), (0.80, 0.58, 0.18))


class Layer(NamedTuple):
    """A colour, (3,) in [0, 1], laid on by coverage in [0, 1], (h, w), and multiplied by shade."""

    coverage: Array
    colour: Array
    shade: Number = 1.0


class Scene(NamedTuple):
    """One picture's factors, coordinates, each (h, w), and what most parts need."""

    f: dict[str, Array]  # factor -> ()
    x: Array  # the picture's coordinates, and the shoulders'
    y: Array
    head_x: Array  # the head's: moved and tilted
    head_y: Array
    face_x: Array  # the features': turned by yaw about the head's cylinder as well
    side: Array  # |face_x|: what is drawn once, for both eyes
    edge: Array  # softness of an edge: about a pixel
    turn: Array  # sine of yaw
    half_width: Array  # of the head
    skin: Array  # (3,)
    hair: Array  # (3,)
    cloth: Array  # (3,)
    shade: Array  # the skin's brightness
    outline: Array  # distance to the hair as seen from the front


class Part(NamedTuple):
    """Layers, as a pure function of the scene, that touch only the rows from top to bottom (y)."""

    draw: Callable[[Scene], list[Layer]]
    top: float = -9.0
    bottom: float = 9.0


def smoothstep(value: Array, start: Number, end: Number) -> Array:
    """Rise smoothly from 0 at `start` to 1 at `end`: 3t² - 2t³; falls where `end` is below."""
    t = jnp.clip((value - start) / (end - start), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def cover(distance: Array, softness: Number) -> Array:
    """Coverage of a shape: 1 inside, 0 outside, 1/2 on its edge, over `softness` either side."""
    return smoothstep(distance, softness, -softness)


def ellipse(x: Array, y: Array, a: Number, b: Number) -> Array:
    """Distance to the ellipse with half-axes a and b: F / |∇F|, of first order at its edge."""
    u, v = x / a, y / b
    slope = jnp.sqrt((u / a) ** 2 + (v / b) ** 2 + 1e-6)
    return 0.5 * (u * u + v * v - 1.0) / slope


def box(x: Array, y: Array, a: Number, b: Number, corner: Number) -> Array:
    """Distance to the box with half-sides a and b, its corners rounded by the radius `corner`."""
    u, v = jnp.abs(x) - a + corner, jnp.abs(y) - b + corner
    outside = jnp.sqrt(jnp.maximum(u, 0.0) ** 2 + jnp.maximum(v, 0.0) ** 2)
    return outside + jnp.minimum(jnp.maximum(u, v), 0.0) - corner


def smooth_union(first: Array, second: Array, radius: Number) -> Array:
    """The nearer of two distances, the crease between the shapes filled within `radius`."""
    h = jnp.maximum(radius - jnp.abs(first - second), 0.0) / radius
    return jnp.minimum(first, second) - 0.25 * radius * h * h


def bump(x: Array, y: Array, a: Number, b: Number) -> Array:
    """A smooth hill of height 1 that ends at the ellipse (a, b): (1 - x²/a² - y²/b²)²."""
    return jnp.maximum(1.0 - (x / a) ** 2 - (y / b) ** 2, 0.0) ** 2


def bump_slope(x: Array, y: Array, a: Number, b: Number) -> tuple[Array, Array]:
    """The two partial derivatives of `bump`, for its light and its shade."""
    inner = -4.0 * jnp.maximum(1.0 - (x / a) ** 2 - (y / b) ** 2, 0.0)
    return inner * x / a**2, inner * y / b**2


def wave(phase: Array) -> Array:
    """A smooth wave of period 1 between -1 and 1, near a cosine's and free of its cost."""
    inner = 1.0 - 4.0 * (phase - jnp.round(phase)) ** 2
    return 2.0 * inner * inner - 1.0


def ramp(stops: Sequence[Sequence[float]], position: Array) -> Array:
    """The colour, (3,), at a position in [0, 1] along evenly spaced stops, linear between them."""
    table = jnp.asarray(stops, jnp.float32)
    where = jnp.clip(position, 0.0, 1.0) * (len(stops) - 1)
    nearness = jnp.maximum(1.0 - jnp.abs(where - jnp.arange(len(stops))), 0.0)
    return (nearness[:, None] * table).sum(0)


def _lay(draw: Callable[[Scene], list[Layer]], scene: Scene, picture: Array) -> Array:
    """Lay one part's layers over a picture, (3, rows, width)."""

    def branch(number: int) -> Callable[[Scene], Layer]:
        def layer(scene: Scene) -> Layer:
            drawn = draw(scene)[number]
            return drawn._replace(shade=drawn.coverage * drawn.shade)

        return layer

    branches = [branch(number) for number in range(len(jax.eval_shape(draw, scene)))]

    def lay(under: tuple[Array, ...], number: Array) -> tuple[tuple[Array, ...], None]:
        layer = jax.lax.switch(number, branches, scene)
        clear = 1.0 - layer.coverage
        return tuple(u * clear + layer.shade * layer.colour[c] for c, u in enumerate(under)), None

    laid, _ = jax.lax.scan(lay, tuple(picture), jnp.arange(len(branches)))
    return jnp.stack(laid)


def paint(parts: Sequence[Part], scene: Scene) -> Array:
    """Paint a scene part by part, layer by layer, the first at the bottom, on black.

    The layers are the branches of a scanned `switch`. Written as one expression, XLA's CPU
    compiler fuses it whole and computes a mask again for every layer over it, 30 times slower.

    Args:
        parts: What to draw, and in which strip of the picture.
        scene: What the parts draw from.

    Returns:
        (h, w, 3) colours in [0, 1].
    """
    height, width = scene.x.shape
    short = min(height, width)
    picture = jnp.zeros((3, height, width))
    for part in parts:
        first = min(max(math.floor((height + part.top * short) / 2), 0), height - 1)
        last = max(min(math.ceil((height + part.bottom * short) / 2), height), first + 1)
        strip = jax.tree.map(lambda a, i=first, j=last: a[i:j] if a.ndim == 2 else a, scene)
        picture = picture.at[:, first:last].set(_lay(part.draw, strip, picture[:, first:last]))
    return jnp.clip(jnp.moveaxis(picture, 0, -1), 0.0, 1.0)


def scene_of(f: dict[str, Array], height: int, width: int) -> Scene:
    """Turn, tilt and light the head that the factors describe, in a picture of this size."""
    short = min(height, width)
    x = jnp.broadcast_to((2 * jnp.arange(width) + 1 - width) / short, (height, width))
    y = jnp.broadcast_to((2 * jnp.arange(height)[:, None] + 1 - height) / short, (height, width))
    tilt, yaw = f["tilt"] * np.deg2rad(9.0), f["yaw"] * np.deg2rad(15.0)
    # Both turns are about a point behind the nose; the shift keeps the face in the middle.
    from_x, from_y = x + 0.15 * jnp.sin(yaw) - 0.12 * jnp.sin(tilt), y - 0.25
    head_x = from_x * jnp.cos(tilt) + from_y * jnp.sin(tilt)
    head_y = from_y * jnp.cos(tilt) - from_x * jnp.sin(tilt) + 0.25
    # A point seen at sin(a) of a turned cylinder was at sin(a - yaw) before.
    sine = jnp.clip(head_x / 0.64, -1.0, 1.0)
    face_x = 0.64 * (sine * jnp.cos(yaw) - jnp.sqrt(1.0 - sine * sine) * jnp.sin(yaw))
    half_width = 0.455 + 0.105 * f["face_width"]
    end = -0.04 + 0.98 * f["hair_length"]
    cap = ellipse(head_x, head_y + 0.16, half_width + 0.115, 0.70)
    fall_width = half_width + 0.085 + 0.035 * f["hair_length"]
    fall = box(head_x, head_y + 0.20 - (end + 0.20) / 2, fall_width, (end + 0.20) / 2, 0.08)
    return Scene(
        f=f,
        x=x,
        y=y,
        head_x=head_x,
        head_y=head_y,
        face_x=face_x,
        side=jnp.abs(face_x),
        edge=jnp.float32(1.2 / short),
        turn=jnp.sin(yaw),
        half_width=half_width,
        skin=ramp(SKIN, f["skin_tone"]),
        hair=ramp(HAIR, f["hair_colour"]),
        cloth=jnp.asarray(CLOTHING)[f["clothing"].astype(int)],
        shade=_skin_shade(f, head_x, head_y, face_x, jnp.sin(yaw)),
        outline=smooth_union(jnp.maximum(cap, head_y + 0.10), fall, 0.06),
    )


def _skin_shade(f: dict[str, Array], x: Array, y: Array, face_x: Array, turn: Array) -> Array:
    """Lambert's law on a rounded head with soft hills and one lamp: the skin's brightness."""
    nose_x, side, sign = face_x - 0.22 * turn, jnp.abs(face_x), jnp.sign(face_x)
    wide, smile = 1.0 + 0.60 * f["Big_Nose"], f["Smiling"]
    slope_x, slope_y = 1.15 * x, 0.50 * (y - 0.05)
    # Position, half-axes and height of each hill; the last column mirrors it.
    hills: tuple[tuple[Array, Number, Number, Number, Number, Number], ...] = (
        (nose_x, 0.02, 0.10 * wide, 0.34, 0.050, 1.0),  # the bridge of the nose
        (nose_x, 0.165, 0.13 * wide, 0.13, 0.070, 1.0),  # its tip
        (face_x, 0.42, 0.24, 0.17, 0.035, 1.0),  # the mouth
        (face_x, 0.68, 0.19, 0.13, 0.040, 1.0),  # the chin
        (side - 0.225, -0.11, 0.19, 0.15, -0.040, sign),  # the sockets of the eyes
        (side - 0.29, 0.18 - 0.02 * smile, 0.24, 0.24, 0.03 + 0.02 * smile, sign),  # the cheeks
        (side - 0.23, -0.30, 0.24, 0.12, 0.020, sign),  # the ridges of the brows
    )
    for hill_x, hill_y, a, b, rise, mirror in hills:
        down_x, down_y = bump_slope(hill_x, y - hill_y, a, b)
        slope_x, slope_y = slope_x - rise * down_x * mirror, slope_y - rise * down_y
    length = jax.lax.rsqrt(1.0 + slope_x**2 + slope_y**2)
    lambert = (slope_x * 0.55 * f["light"] - slope_y * 0.40 + 0.80) * length
    return jnp.clip(0.45 + 0.60 * lambert, 0.35, 1.12)
