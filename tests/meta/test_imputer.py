"""The imputer: scikit-learn's contract, `SimpleImputer`'s interface, draws."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import parametrize_with_checks

from sklearn_ae import AE, IWAE, RBM, AEImputer, DenoisingAE
from sklearn_ae.meta.imputer import default_for
from sklearn_ae.networks import Recurrent

from ..conftest import fast
from ..test_estimators import EXTRA_CHECKS


def quick(autoencoder=None, **params):
    autoencoder = autoencoder or fast(DenoisingAE, 3)
    return AEImputer(autoencoder, **({"random_state": 0} | params))


def drawing(**params):
    return quick(fast(IWAE, 2, n_draws=2), **({"n_imputations": 3} | params))


@pytest.mark.filterwarnings("ignore:All .* code units of")
@parametrize_with_checks([quick(), quick(add_indicator=True), drawing()])
def test_passes_check_estimator(estimator, check):
    check(estimator)


@pytest.mark.filterwarnings("ignore:X .*feature names")
@pytest.mark.parametrize("check", [c for c in EXTRA_CHECKS if "partial_fit" not in c])
def test_passes_the_checks_that_check_estimator_omits(check):
    getattr(estimator_checks, check)("AEImputer", quick())


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("make", [quick, drawing])
def test_observed_cells_are_untouched(holes, make, dtype):
    holes = holes.astype(dtype)
    filled = make().fit_transform(holes)
    assert filled.dtype == dtype
    assert np.isfinite(filled).all()
    observed = ~np.isnan(holes)
    np.testing.assert_array_equal(filled[observed], holes[observed])


def test_missing_cells_are_what_the_autoencoder_says(holes):
    imputer = quick().fit(holes)
    missing = np.isnan(holes)
    np.testing.assert_array_equal(
        imputer.transform(holes)[missing],
        imputer.autoencoder_.reconstruct(holes)[missing],
    )


def test_comes_closer_than_the_means(rows, holes):
    hidden = np.isnan(holes)
    error = {}
    for imputer in (quick(fast(DenoisingAE, 6, noise="missing")), SimpleImputer()):
        deviations = (imputer.fit_transform(holes) - rows)[hidden]
        error[type(imputer)] = np.square(deviations).mean()
    assert error[AEImputer] < 0.5 * error[SimpleImputer]


def test_the_default_hides_as_large_a_share_as_is_missing(rows):
    for share, expected in ((0.0, 0.2), (0.3, 0.3), (0.6, 0.5)):
        holes = rows.copy()
        holes.flat[: round(share * rows.size)] = np.nan
        autoencoder = default_for(holes)
        assert autoencoder.noise_level == pytest.approx(expected)
        assert autoencoder.n_components == 6


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("add", [False, True])
@pytest.mark.filterwarnings("ignore:Columns")
def test_columns_are_those_of_simple_imputer(holes, keep, add):
    holes[:, 2] = np.nan
    holes[:, 4] = 1
    frame = pd.DataFrame(holes, columns=list("abcdef"))
    settings = {"keep_empty_features": keep, "add_indicator": add}
    ours = quick(**settings).fit(frame)
    theirs = SimpleImputer(strategy="constant", fill_value=0, **settings)
    if not keep:
        theirs.set_params(strategy="mean")
    with pytest.warns() if not keep else pytest.MonkeyPatch.context():
        expected = theirs.fit(frame).transform(frame)
    np.testing.assert_array_equal(
        ours.get_feature_names_out(), theirs.get_feature_names_out()
    )
    found = ours.transform(frame)
    assert found.shape == expected.shape
    if add:
        np.testing.assert_array_equal(found[:, -5:], expected[:, -5:])
    if keep:
        assert (found[:, 2] == 0).all()


def test_an_empty_column_that_is_left_out_is_told(holes):
    holes[:, 2] = np.nan
    with pytest.warns(UserWarning, match=r"Columns \[2\] .*keep_empty_features"):
        assert quick().fit_transform(holes).shape == (120, 5)


def test_other_marks_of_missing_cells(holes):
    marked = np.where(np.isnan(holes), -999, holes)
    np.testing.assert_array_equal(
        quick(missing_values=-999).fit_transform(marked), quick().fit_transform(holes)
    )


def test_complete_tables_are_returned_and_teach(rows, holes):
    imputer = quick(fast(DenoisingAE, 3, noise="missing")).fit(rows)
    np.testing.assert_array_equal(imputer.transform(rows), rows)
    assert np.isfinite(imputer.transform(holes)).all()


def test_draws(holes):
    imputer = drawing().fit(holes)
    draws = imputer.draw(holes, random_state=0)
    missing = np.isnan(holes)
    assert draws.shape == (3, 120, 6)
    for draw in draws:
        np.testing.assert_array_equal(draw[~missing], holes[~missing])
    assert (draws[0][missing] != draws[1][missing]).all()
    np.testing.assert_array_equal(draws, imputer.draw(holes, random_state=0))
    assert (draws != imputer.draw(holes, random_state=1)).any()


def test_several_imputations_are_averaged(holes):
    imputer = drawing(n_imputations=50).fit(holes)
    draws = imputer.draw(holes, random_state=imputer._seed)
    np.testing.assert_allclose(imputer.transform(holes), draws.mean(0), rtol=1e-5)


def test_draws_need_a_distribution(holes):
    with pytest.raises(ValueError, match=r"DenoisingAE gives one value.*IWAE"):
        quick(n_imputations=2).fit(holes)
    with pytest.raises(ValueError, match=r"AE gives one value.*IWAE"):
        quick(fast(AE, 2)).fit(holes).draw(holes)


def test_an_autoencoder_that_takes_no_nan_is_refused(holes):
    with pytest.raises(ValueError, match="RBM does not accept missing values"):
        quick(RBM(2)).fit(holes)


def test_in_a_pipeline_and_pickled(holes):
    labels = np.arange(120) % 2
    pipeline = make_pipeline(quick(), LogisticRegression()).fit(holes, labels)
    assert pipeline.predict(holes).shape == (120,)
    imputer = quick().fit(holes)
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(imputer)).transform(holes), imputer.transform(holes)
    )


def test_series_are_filled_behind_their_end_too(rows):
    X = rows.copy()
    X[:60, 4:] = np.nan
    series = fast(DenoisingAE, 3, network=Recurrent(hidden_size=4))
    filled = quick(series).fit_transform(X)
    assert np.isfinite(filled).all()
    np.testing.assert_array_equal(filled[~np.isnan(X)], X[~np.isnan(X)])


def test_dates_have_to_become_numbers_first():
    days = np.datetime64("2020-01-01") + np.arange(40)[:, None] * np.arange(1, 4)
    days[3, 1] = np.datetime64("NaT")
    for table in (days, pd.DataFrame(days)):
        with pytest.raises(ValueError, match="dates or durations"):
            AEImputer().fit(table)


def test_what_fails_to_be_fitted_again_is_not_fitted(holes):
    imputer = quick().fit(holes)
    with pytest.raises(ValueError, match="diverged"):
        imputer.set_params(autoencoder__lr=1e30, autoencoder__skip=None).fit(holes)
    with pytest.raises(NotFittedError):
        imputer.transform(holes)


def test_cells_of_a_likelihood_of_rows_are_not_drawn(holes):
    imputer = drawing().set_params(autoencoder__likelihood="multinomial")
    with pytest.raises(ValueError, match="no cells can be drawn"):
        imputer.fit(np.abs(holes).round())


@pytest.mark.filterwarnings("ignore:Columns .* have no observed cell")
@pytest.mark.parametrize("kept", [False, True])
def test_of_columns_without_observed_cells_nothing_is_drawn(kept):
    X = np.full((5, 2), np.nan)
    imputer = drawing(keep_empty_features=kept).fit(X)
    np.testing.assert_array_equal(imputer.draw(X), np.zeros((3, 5, 2 * kept)))
