"""Drawn in one pass, bits are JAX's own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.extend.random import define_prng_impl, threefry_prng_impl
from jax.sharding import PartitionSpec

from genjax.sharding import data_mesh
from genjax.threefry import draw, fold_in, one_pass, split

DRAWS = {
    "normal": lambda key: jax.random.normal(key, (40, 7)),
    "uniform": lambda key: jax.random.uniform(key, (300,), minval=-1.0),
    "few": lambda key: jax.random.normal(key, (3,)),
    "bernoulli": lambda key: jax.random.bernoulli(key, 0.3, (50, 5)),
    "integers": lambda key: jax.random.randint(key, (200,), 0, 1000),
    "sixteen bits": lambda key: jax.random.normal(key, (64, 8), jnp.bfloat16),
    "bytes": lambda key: jax.random.bits(key, (64,), jnp.uint8),
    "permutation": lambda key: jax.random.permutation(key, 200),
    "children": lambda key: jax.random.normal(
        jax.random.split(jax.random.fold_in(key, 7), 3)[1], (64,)
    ),
}


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_bits_are_jax_own(name, seed):
    key, draw = jax.random.key(seed), DRAWS[name]
    np.testing.assert_array_equal(draw(one_pass(key)), draw(key))
    np.testing.assert_array_equal(jax.jit(lambda key: draw(one_pass(key)))(key), jax.jit(draw)(key))


SAMPLERS = {
    "normal": jax.random.normal,
    "uniform": jax.random.uniform,
    "gumbel": jax.random.gumbel,
    "rademacher": jax.random.rademacher,
}


@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
@pytest.mark.parametrize("shape", [(), (3, 5), (16,), (6, 6), (5, 1, 7)])
@pytest.mark.parametrize("name", SAMPLERS)
def test_numbers_drawn_once_are_jax_own(name, shape, dtype):
    sampler, key = SAMPLERS[name], jax.random.key(5)
    theirs = sampler(key, shape, dtype)
    for ours in (draw, jax.jit(draw, static_argnums=(0, 2, 3))):
        drawn = ours(sampler, key, shape, dtype)
        assert drawn.dtype == theirs.dtype
        np.testing.assert_array_equal(drawn, theirs)
    members = jax.random.split(key, 3)
    drawn = jax.vmap(lambda key: draw(sampler, key, shape, dtype))(members)
    for key, row in zip(members, drawn, strict=True):
        np.testing.assert_array_equal(row, sampler(key, shape, dtype))


@pytest.mark.parametrize("key", [jax.random.key(3, impl="rbg"), jax.random.PRNGKey(3)])
def test_numbers_of_other_keys_are_drawn_too(key):
    theirs = jax.random.normal(key, (40, 7))
    np.testing.assert_array_equal(draw(jax.random.normal, key, (40, 7)), theirs)


@pytest.mark.parametrize("members", [None, 3])
def test_noise_with_several_uses_is_computed_in_one_place(members):
    """The compiler by itself would compute it in each use; `not_inlined` keeps it from that."""

    def used(noise):
        def of(key, x):
            z = noise(key, x.shape)
            return jnp.sum(x * z), jnp.concatenate([x + z, x * z]), x.T @ z

        return of

    def places(noise):
        key, x = jax.random.key(0), jnp.ones((6, 6))
        of = used(noise)
        if members:
            key, x = jax.random.split(key, members), jnp.ones((members, 6, 6))
            of = jax.vmap(of)
        return jax.jit(of).lower(key, x).compile().as_text().count("constant(2.81022636e-08)")

    assert places(lambda key, shape: jax.random.normal(one_pass(key), shape)) > 1
    assert places(lambda key, shape: draw(jax.random.normal, key, shape)) == 1


@pytest.mark.parametrize(("platform", "apart"), [("cpu", True), ("cuda", False), ("tpu", False)])
def test_accelerators_draw_noise_in_its_own_shape_and_inline_it(platform, apart):
    def of(key):
        return draw(jax.random.normal, jax.random.wrap_key_data(key), (6, 7))

    words = jax.ShapeDtypeStruct((2,), jnp.uint32)
    program = jax.export.export(jax.jit(of), platforms=[platform])(words).mlir_module()
    assert ("inlineable" in program) == apart
    assert ("tensor<42xf32>" in program) == apart


def test_noise_of_a_symbolic_batch_can_be_exported():
    def of(key, x):
        return x + draw(jax.random.normal, jax.random.wrap_key_data(key), x.shape)

    rows = jax.export.symbolic_shape("rows, 7")
    forms = jax.ShapeDtypeStruct((2,), jnp.uint32), jax.ShapeDtypeStruct(rows, jnp.float32)
    exported, key = jax.export.export(jax.jit(of))(*forms), jax.random.key(0)
    drawn = exported.call(jax.random.key_data(key), jnp.zeros((5, 7)))
    np.testing.assert_allclose(drawn, jax.random.normal(key, (5, 7)), rtol=1e-6)


def test_numbers_are_doubles_where_jax_s_are():
    with jax.enable_x64():
        key = jax.random.key(0)
        drawn = draw(jax.random.normal, key, (6, 7))
        assert drawn.dtype == jnp.float64
        np.testing.assert_array_equal(drawn, jax.random.normal(key, (6, 7)))


@pytest.mark.parametrize("derive", [fold_in, jax.random.fold_in])
def test_shards_fold_their_place_into_one_key(derive):
    mesh = data_mesh(jax.devices()[:2])
    name = mesh.axis_names[0]

    def of(key, x):
        folded = derive(
            one_pass(key) if derive is jax.random.fold_in else key, jax.lax.axis_index(name)
        )
        return x + jax.random.normal(folded, x.shape)

    specs = PartitionSpec(), PartitionSpec(name)
    sharded = jax.shard_map(of, mesh=mesh, in_specs=specs, out_specs=PartitionSpec(name))
    key = jax.random.key(3)
    drawn = jax.jit(sharded)(key, jnp.zeros((40, 2)))
    theirs = [jax.random.normal(jax.random.fold_in(key, place), (20, 2)) for place in range(2)]
    np.testing.assert_array_equal(drawn, jnp.concatenate(theirs))


KEYS = {
    "fold_in": (lambda key: fold_in(key, 7), lambda key: jax.random.fold_in(key, 7)),
    "fold_in, large": (lambda k: fold_in(k, 2**32 - 1), lambda k: jax.random.fold_in(k, 2**32 - 1)),
    "fold_in, traced": (
        lambda key: jax.vmap(lambda step: fold_in(key, step))(jnp.arange(5)),
        lambda key: jax.vmap(lambda step: jax.random.fold_in(key, step))(jnp.arange(5)),
    ),
    "split": (split, jax.random.split),
    "split, many": (lambda key: split(key, 70), lambda key: jax.random.split(key, 70)),
    "keys of keys": (
        lambda key: split(fold_in(split(key)[1], 2), 3),
        lambda key: jax.random.split(jax.random.fold_in(jax.random.split(key)[1], 2), 3),
    ),
}
SINGLE = {
    "typed": jax.random.key(2**32 - 1),
    "untyped": jax.random.PRNGKey(3),
    "another generator's": jax.random.key(0, impl="rbg"),
}


@pytest.mark.parametrize("of", SINGLE)
@pytest.mark.parametrize("name", KEYS)
def test_keys_are_jax_own(name, of):
    ours, theirs = KEYS[name]
    key = SINGLE[of]
    assert ours(key).dtype == theirs(key).dtype
    for derive in (ours, jax.jit(ours)):
        assert (derive(key) == theirs(key)).all()


def test_a_key_of_another_generator_of_that_name_stays_its_own():
    theirs = define_prng_impl(
        key_shape=threefry_prng_impl.key_shape,
        seed=threefry_prng_impl.seed,
        split=lambda key, shape: jnp.zeros((*shape, 2), jnp.uint32),
        random_bits=threefry_prng_impl.random_bits,
        fold_in=lambda key, data: jnp.ones_like(key),
        name="threefry2x32",
        tag="not",
    )
    key = jax.random.key(0, impl=theirs)
    for derived in (split(key), fold_in(key, 2)):
        assert derived.dtype == key.dtype
        assert set(jax.random.key_data(derived).ravel().tolist()) <= {0, 1}


@pytest.mark.parametrize("name", KEYS)
def test_keys_of_a_turned_key_are_jax_own(name):
    derive, key = KEYS[name][1], jax.random.key(9)
    for program in (derive, jax.jit(derive)):
        ours, theirs = (jax.random.key_data(program(k)) for k in (one_pass(key), key))
        np.testing.assert_array_equal(ours, theirs)
    assert " while(" not in jax.jit(lambda k: derive(one_pass(k))).lower(key).compile().as_text()
    drawn = draw(jax.random.normal, one_pass(key), (40,))
    np.testing.assert_array_equal(drawn, jax.random.normal(key, (40,)))


@pytest.mark.parametrize("ours", [fold_in, split])
def test_a_key_is_derived_without_a_loop_and_once(ours):
    key = jax.random.key(0)

    def chain(derive):
        def derived(key):
            for _ in range(6):
                key = derive(key, 2).ravel()[-1]
            return jax.random.key_data(key)

        return jax.jit(derived).lower(key).compile().as_text()

    theirs = {fold_in: jax.random.fold_in, split: jax.random.split}[ours]
    assert " while(" in chain(theirs)
    text = chain(ours)
    assert " while(" not in text
    assert len(text) < 200_000  # 120,000; not apart 380,000


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda key: fold_in(key, 3), lambda key: jax.random.fold_in(key, 3)),
        (lambda key: split(key, 3), lambda key: jax.random.split(key, 3)),
        (
            lambda key: jax.random.normal(one_pass(key), (32,)),
            lambda k: jax.random.normal(k, (32,)),
        ),
        (
            lambda key: draw(jax.random.normal, key, (4, 8)),
            lambda k: jax.random.normal(k, (4, 8)),
        ),
    ],
)
def test_shards_derive_and_draw_what_the_whole_does(ours, theirs):
    keys = jax.random.split(jax.random.key(1), 4)
    mesh, rows = data_mesh(jax.devices()[:2]), PartitionSpec(data_mesh().axis_names[0])
    sharded = jax.shard_map(jax.vmap(ours), mesh=mesh, in_specs=rows, out_specs=rows)
    assert (jax.jit(sharded)(keys) == jax.vmap(theirs)(keys)).all()


@pytest.mark.parametrize("data", [np.int32(-3), jnp.int32(-3), True, jnp.uint8(200)])
def test_data_is_taken_as_jax_takes_it(data):
    key = jax.random.key(0)
    assert fold_in(key, data) == jax.random.fold_in(key, data)


def test_what_jax_alone_does_is_left_to_it():
    key = jax.random.key(0)
    assert (split(key, (2, 3)) == jax.random.split(key, (2, 3))).all()
    with pytest.raises(TypeError):
        fold_in(key, jnp.arange(2))
    with jax.threefry_partitionable(False):
        assert (split(key, 3) == jax.random.split(key, 3)).all()


def test_members_derive_what_single_keys_derive():
    keys = jax.random.split(jax.random.key(1), 4)
    derived = jax.vmap(lambda key: split(fold_in(key, 1), 3))(keys)
    for key, row in zip(keys, derived, strict=True):
        assert (row == jax.random.split(jax.random.fold_in(key, 1), 3)).all()


@pytest.mark.parametrize("derive", [split, lambda key: fold_in(key, 1)])
def test_many_keys_are_not_one(derive):
    with pytest.raises(ValueError, match="single key"):
        derive(jax.random.split(jax.random.key(0), 2))


def test_members_draw_what_single_keys_draw():
    keys = jax.random.split(jax.random.key(1), 4)
    drawn = jax.vmap(lambda key: jax.random.normal(one_pass(key), (30,)))(keys)
    for key, row in zip(keys, drawn, strict=True):
        np.testing.assert_array_equal(row, jax.random.normal(key, (30,)))


def test_other_generators_stay_as_they_are():
    key = jax.random.key(0, impl="rbg")
    assert one_pass(key) is key
    with jax.threefry_partitionable(False):
        key = jax.random.key(0)
        assert one_pass(key) is key
