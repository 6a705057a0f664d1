import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.contrast import contrasted


@given(arrays(float, st.integers(3, 30), elements=st.floats(0, 9)), st.integers(1, 9))
def test_contrast_is_never_negative_and_needs_both_sides(curve, k):
    result = contrasted(curve, k)
    assert (result >= 0).all()
    assert (result <= curve + 1e-12).all()
    assert (result[:k] == 0).all()
    assert (result[-k:] == 0).all()
    np.testing.assert_array_equal(contrasted(curve[::-1], k)[::-1], result)
