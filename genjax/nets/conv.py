"""Strided convolutions and their transposes, with gradients that stay fast inside a loop.

A convolution is one trilinear form in its input x, its kernel k and its output's cotangent y,

    ⟨conv(x, k), y⟩ = Σ x[n, s·i + a − p, s·j + b − q, c] · k[a, b, c, o] · y[n, i, j, o],

and the three primitives below are its three partial derivatives: by y the convolution, by x its
transpose, by k the gradient of the weights. The derivative of each is made of the other two, so
three rules give reverse-mode derivatives of every order (forward mode, `jax.jvp`, is not defined).

XLA's own gradients of convolutions run on one thread when they stand in a loop on a CPU, and
`genjax.fit` is a loop. There the primitives are matrix products: of windows (im2col) with the
kernel or the output, a group of pictures at a time so that the windows stay in the cache, and of
the output with the kernel. GPUs and TPUs keep XLA's.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import chex
import jax
import jax.numpy as jnp
from jax import Array, lax

from genjax.apart import not_inlined
from genjax.errors import InputError

Padding = str | Sequence[tuple[int, int]]
Pair = tuple[int, int]
LAYOUT = ("NHWC", "HWIO", "NHWC")
# Bytes of windows that a CPU takes at once: up to `WHOLE` all of them, since the loop over a few
# groups costs more than it spares; of more, groups of `CACHE`.
WHOLE, CACHE = 16 << 20, 4 << 20


class _Geometry(NamedTuple):
    """Where a convolution's windows lie: static, hashable, one pair (rows, columns) a field."""

    size: Pair  # of the input
    window: Pair  # of the kernel
    stride: Pair
    pads: tuple[Pair, Pair]  # before and after
    out: Pair  # size of the output


def _pair(values: Sequence[int]) -> Pair:
    rows, columns = values
    return int(rows), int(columns)


def _geometry(
    size: Sequence[int], window: Sequence[int], stride: int | Pair, padding: Padding
) -> _Geometry:
    steps = _pair((stride, stride) if isinstance(stride, int) else stride)
    if isinstance(padding, str):
        padding = lax.padtype_to_pads(size, window, steps, padding)
    rows, columns = (_pair(pads) for pads in padding)
    out = _pair(
        [
            (n + low + high - k) // s + 1
            for n, k, s, (low, high) in zip(size, window, steps, (rows, columns), strict=True)
        ]
    )
    if min(out) < 1:
        raise InputError(
            f"a {_pair(window)} kernel does not fit an image of {_pair(size)} padded by "
            f"{(rows, columns)}"
        )
    return _Geometry(_pair(size), _pair(window), steps, (rows, columns), out)


def _accumulator(x: Array) -> jnp.dtype:
    return jnp.promote_types(x.dtype, jnp.float32)


def _xla_forward(g: _Geometry, x: Array, k: Array) -> Array:
    return lax.conv_general_dilated(x, k, g.stride, g.pads, dimension_numbers=LAYOUT)


def _xla_by_input(g: _Geometry, y: Array, k: Array) -> Array:
    x = jax.ShapeDtypeStruct((y.shape[0], *g.size, k.shape[2]), y.dtype)
    return jax.linear_transpose(lambda x: _xla_forward(g, x, k), x)(y)[0]


def _xla_by_kernel(g: _Geometry, x: Array, y: Array) -> Array:
    k = jax.ShapeDtypeStruct((*g.window, x.shape[3], y.shape[3]), x.dtype)
    return jax.linear_transpose(lambda k: _xla_forward(g, x, k), k)(y)[0]


def _windows(g: _Geometry, x: Array) -> Array:
    """Every window of x, (batch, rows, columns, kernel rows * kernel columns * c_in)."""
    x = lax.pad(x, jnp.zeros((), x.dtype), [(0, 0, 0), *((*p, 0) for p in g.pads), (0, 0, 0)])
    (sh, sw), (h, w) = g.stride, g.out
    shifts = [
        x[:, a : a + sh * (h - 1) + 1 : sh, b : b + sw * (w - 1) + 1 : sw]
        for a in range(g.window[0])
        for b in range(g.window[1])
    ]
    return jnp.concatenate(shifts, axis=3)


def _groups(g: _Geometry, x: Array) -> int:
    """How many groups of pictures to take, so that the windows of many stay in the cache."""
    picture = math.prod(g.out) * math.prod(g.window) * x.shape[3] * x.dtype.itemsize
    n = x.shape[0]
    if n * picture <= WHOLE:
        return 1
    fits = (m for m in range(1, n) if n % m == 0 and n // m * picture <= CACHE)
    return next(fits, max(n, 1))


def _split(groups: int, x: Array) -> Array:
    return x.reshape(groups, x.shape[0] // groups, *x.shape[1:])


def _cpu_forward(g: _Geometry, x: Array, k: Array) -> Array:
    """The product of every window with the kernel."""
    k2 = k.reshape(-1, k.shape[3])

    def group(x: Array) -> Array:
        y = lax.dot_general(
            _windows(g, x).reshape(-1, k2.shape[0]),
            k2,
            (((1,), (0,)), ((), ())),
            preferred_element_type=_accumulator(x),
        )
        return y.astype(x.dtype).reshape(x.shape[0], *g.out, k.shape[3])

    y = lax.map(group, _split(_groups(g, x), x))
    return y.reshape(x.shape[0], *g.out, k.shape[3])


def _cpu_by_input(g: _Geometry, y: Array, k: Array) -> Array:
    """One product gives every tap's share; each phase of the stride adds up its own taps."""
    (sh, sw), (kh, kw) = g.stride, g.window
    taps = jnp.einsum("nijo,abco->nijabc", y, k, preferred_element_type=_accumulator(y))
    first = [low // s for s, (low, _) in zip(g.stride, g.pads, strict=True)]
    last = [(low + n - 1) // s + 1 for n, s, (low, _) in zip(g.size, g.stride, g.pads, strict=True)]

    def shifted(a: int, b: int) -> Array:
        """The share of tap (a, b), on the grid of its phase."""
        edges = [
            (q - f, e - n - q, 0)
            for q, f, e, n in zip((a // sh, b // sw), first, last, g.out, strict=True)
        ]
        zero = jnp.zeros((), taps.dtype)
        return lax.pad(taps[:, :, :, a, b], zero, [(0, 0, 0), *edges, (0, 0, 0)])

    rows, columns = (e - f for f, e in zip(first, last, strict=True))
    empty = jnp.zeros((y.shape[0], rows, columns, k.shape[2]), taps.dtype)
    phases = [
        sum(shifted(a, b) for a in range(r, kh, sh) for b in range(c, kw, sw)) + empty
        for r in range(sh)
        for c in range(sw)
    ]
    x = jnp.stack(phases, 3).reshape(y.shape[0], rows, columns, sh, sw, k.shape[2])
    x = x.transpose(0, 1, 3, 2, 4, 5).reshape(y.shape[0], rows * sh, columns * sw, k.shape[2])
    top, left = (low % s for s, (low, _) in zip(g.stride, g.pads, strict=True))
    return x[:, top : top + g.size[0], left : left + g.size[1]].astype(y.dtype)


def _cpu_by_kernel(g: _Geometry, x: Array, y: Array) -> Array:
    """The product of every window with its output, summed over groups."""
    groups, accumulator = _groups(g, x), _accumulator(x)
    shape = (math.prod(g.window) * x.shape[3], y.shape[3])

    def group(total: Array, pair: tuple[Array, Array]) -> tuple[Array, None]:
        x, y = pair
        windows = _windows(g, x).reshape(-1, shape[0])
        dims = (((0,), (0,)), ((), ()))
        product = lax.dot_general(
            windows, y.reshape(-1, shape[1]), dims, preferred_element_type=accumulator
        )
        return total + product, None

    pairs = (_split(groups, x), _split(groups, y))
    k, _ = lax.scan(group, jnp.zeros(shape, accumulator), pairs)
    return k.reshape(*g.window, x.shape[3], y.shape[3]).astype(x.dtype)


def _primitive(cpu: Callable[..., Array], xla: Callable[..., Array]) -> Any:
    """One partial derivative: ours on a CPU, XLA's elsewhere; its own derivative comes later."""
    # Not inlined: else the norms around it are repeated in its windows.
    ours = not_inlined(cpu, static_argnums=(0,))

    @partial(jax.custom_vjp, nondiff_argnums=(0,))
    def primitive(g: _Geometry, left: Array, right: Array) -> Array:
        return lax.platform_dependent(left, right, cpu=partial(ours, g), default=partial(xla, g))

    return primitive


_forward = _primitive(_cpu_forward, _xla_forward)
_by_input = _primitive(_cpu_by_input, _xla_by_input)
_by_kernel = _primitive(_cpu_by_kernel, _xla_by_kernel)


def _close(primitive: Any, by_left: Callable[..., Array], by_right: Callable[..., Array]) -> None:
    def backward(g: _Geometry, saved: tuple[Array, Array], d: Array) -> tuple[Array, Array]:
        left, right = saved
        return by_left(g, d, right), by_right(g, left, d)

    primitive.defvjp(lambda g, left, right: (primitive(g, left, right), (left, right)), backward)


_close(_forward, _by_input, _by_kernel)
_close(_by_input, _forward, lambda g, y, d: _by_kernel(g, d, y))
_close(_by_kernel, lambda g, d, y: _by_input(g, y, d), _forward)


def _same_type(x: Array, kernel: Array) -> tuple[Array, Array]:
    """Promote, so that each gets a gradient of its own type back."""
    dtype = jnp.promote_types(x.dtype, kernel.dtype)
    return x.astype(dtype), kernel.astype(dtype)


def conv2d(x: Array, kernel: Array, *, stride: int | Pair = 2, padding: Padding = "SAME") -> Array:
    """Convolve images with a kernel, as `jax.lax.conv_general_dilated` does.

    Args:
        x: images, (batch, height, width, c_in).
        kernel: (kernel height, kernel width, c_in, c_out).
        stride: the step of the windows, one number or (rows, columns).
        padding: "SAME", "VALID", or ((top, bottom), (left, right)).

    Returns:
        (batch, height', width', c_out); with "SAME", height' = ⌈height / stride⌉.

    Raises:
        InputError: the kernel is larger than the padded image.

    Example:
        >>> import jax.numpy as jnp
        >>> conv2d(jnp.ones((1, 7, 7, 3)), jnp.ones((3, 3, 3, 8))).shape
        (1, 4, 4, 8)
    """
    chex.assert_rank([x, kernel], 4)
    chex.assert_equal(x.shape[3], kernel.shape[2])
    g = _geometry(x.shape[1:3], kernel.shape[:2], stride, padding)
    return _forward(g, *_same_type(x, kernel))


def conv2d_transpose(
    y: Array,
    kernel: Array,
    *,
    output_size: Pair,
    stride: int | Pair = 2,
    padding: Padding = "SAME",
) -> Array:
    """Apply the transpose of `conv2d`, the map with ⟨conv2d(x, k), y⟩ = ⟨x, transpose(y, k)⟩.

    Several sizes of x give the same size of y (7 and 8 both give 4), so the one wanted is named.

    Args:
        y: images, (batch, height', width', c_in), of the size `conv2d` gives for `output_size`.
        kernel: (kernel height, kernel width, c_out, c_in), as `conv2d` from c_out to c_in has it.
        output_size: (height, width) of the result.
        stride: as in `conv2d`.
        padding: as in `conv2d`.

    Returns:
        (batch, height, width, c_out).

    Raises:
        InputError: `conv2d` would not give y's size for `output_size`.

    Example:
        >>> import jax.numpy as jnp
        >>> y, kernel = jnp.ones((1, 4, 4, 8)), jnp.ones((3, 3, 3, 8))
        >>> conv2d_transpose(y, kernel, output_size=(7, 7)).shape
        (1, 7, 7, 3)

    References:
        Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016.
    """
    chex.assert_rank([y, kernel], 4)
    chex.assert_equal(y.shape[3], kernel.shape[3])
    g = _geometry(output_size, kernel.shape[:2], stride, padding)
    if y.shape[1:3] != g.out:
        raise InputError(f"output_size {g.size} belongs to an input of {g.out}, not {y.shape[1:3]}")
    return _by_input(g, *_same_type(y, kernel))
