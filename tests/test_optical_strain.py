from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from oracle_clips import clip

from features.errors import FeatureError
from features.optical_flow import flow_consecutive, flow_to_first
from features.optical_strain import SCHEMES, Scheme, optical_strain, strain_maps

flows = arrays(np.float32, st.tuples(st.integers(2, 9), st.integers(2, 9), st.just(2)), elements=st.integers(-20, 20))


def quadratic():
    y, x = np.mgrid[0:40, 0:50].astype(float)
    return np.stack([0.02 * x**2, 0.01 * x * y], axis=-1)


def formula(u_x, u_y, v_x, v_y):
    return np.sqrt(u_x**2 + v_y**2 + (u_y + v_x) ** 2 / 2)


# Central: the exact derivative; forward: SOFTNet's code; backward: MEAN's code and os.m, run on this field.
@pytest.mark.parametrize(("scheme", "value"), [("central", 0.827647), ("forward", 0.846995), ("backward", 0.808332)])
def test_schemes_give_their_published_code_s_value(scheme, value):
    assert optical_strain(quadratic(), scheme)[10, 20] == pytest.approx(value, abs=1e-6)


@given(flows)
def test_central_is_the_formula_with_numpy_gradients(flow):
    u_y, u_x = np.gradient(flow[..., 0].astype(float))
    v_y, v_x = np.gradient(flow[..., 1].astype(float))
    np.testing.assert_allclose(optical_strain(flow), formula(u_x, u_y, v_x, v_y), rtol=1e-5, atol=1e-5)


@given(flows)
def test_forward_copies_the_strain_at_its_border(flow):
    wide = np.pad(flow, ((0, 1), (0, 1), (0, 0)))
    inner = (wide[1:, :-1] - wide[:-1, :-1])[:-1, :-1], (wide[:-1, 1:] - wide[:-1, :-1])[:-1, :-1]
    (u_y, v_y), (u_x, v_x) = (np.moveaxis(d.astype(float), -1, 0) for d in inner)
    expected = np.pad(formula(u_x, u_y, v_x, v_y), ((0, 1), (0, 1)), mode="edge")
    np.testing.assert_allclose(optical_strain(flow, "forward"), expected, rtol=1e-5, atol=1e-5)


@given(flows)
def test_backward_has_no_derivative_at_its_border(flow):
    u_y, v_y = np.moveaxis(np.diff(flow.astype(float), axis=0, prepend=flow[:1]), -1, 0)
    u_x, v_x = np.moveaxis(np.diff(flow.astype(float), axis=1, prepend=flow[:, :1]), -1, 0)
    np.testing.assert_allclose(optical_strain(flow, "backward"), formula(u_x, u_y, v_x, v_y), rtol=1e-5, atol=1e-5)


@given(flows, st.sampled_from(list(SCHEMES)), st.floats(-50, 50), st.floats(-50, 50))
@settings(max_examples=40)
def test_a_face_that_moves_as_a_whole_has_no_more_strain(flow, scheme, u, v):
    np.testing.assert_allclose(
        optical_strain(flow + np.float32([u, v]), scheme), optical_strain(flow, scheme), atol=1e-4
    )


@given(flows)
def test_a_mirrored_flow_has_the_mirrored_strain(flow):
    mirrored = flow[:, ::-1] * np.float32([-1, 1])
    np.testing.assert_allclose(optical_strain(mirrored)[:, ::-1], optical_strain(flow), rtol=1e-5, atol=1e-5)


def test_a_longer_step_and_the_other_reading_of_the_formula():
    flow = quadratic()
    # Central differences are exact on a parabola, whatever their reach.
    np.testing.assert_allclose(optical_strain(flow, step=3)[5:-5, 5:-5], optical_strain(flow)[5:-5, 5:-5], rtol=1e-5)
    one = optical_strain(flow, shear_terms=1)[10, 20]
    assert one == pytest.approx(np.sqrt(0.8**2 + 0.2**2 + 0.1**2 / 4), abs=1e-6)


def test_a_type_names_every_scheme():
    assert get_args(Scheme) == tuple(SCHEMES)


def test_strain_is_computed_once_per_pair():
    video = clip()[:4]
    np.testing.assert_array_equal(strain_maps(video), [optical_strain(flow) for flow in flow_consecutive(video)])
    expected = [optical_strain(flow, "forward") for flow in flow_to_first(video, "dis")]
    np.testing.assert_array_equal(strain_maps(video, "dis", to_first=True, scheme="forward"), expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optical_strain(np.zeros((9, 9))), r"\(H, W, 2\)"),
        (lambda: optical_strain(np.zeros((1, 9, 2))), "at least 2x2"),
        (lambda: optical_strain(np.zeros((5, 9, 2)), step=3), "at least 6x6"),
        (lambda: optical_strain(np.zeros((5, 9, 2)), step=0), "step >= 1"),
        (lambda: optical_strain(np.zeros((5, 9, 2)), shear_terms=4), "shear terms"),
        (lambda: optical_strain(np.zeros((5, 9, 2)), "sobel"), "one of central"),
        (lambda: optical_strain(np.full((5, 9, 2), np.nan)), "NaN"),
    ],
)
def test_what_has_no_strain_is_a_clear_error(call, message):
    with pytest.raises(FeatureError, match=message):
        call()
