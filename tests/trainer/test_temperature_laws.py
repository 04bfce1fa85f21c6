import numpy as np
import pytest
from pydantic import ValidationError

from skyrmlive.trainer.sweep.temperature_laws import TemperatureLaws

LAWS = TemperatureLaws(curie_temperature_k=220)


def test_magnetisation_begins_with_blochs_law_and_ends_with_the_critical_exponent():
    # 1 - m = s/3 tau^(3/2) at low temperature
    cold = 1 - LAWS.reduced_magnetisation(0.01 * 220)
    assert cold == pytest.approx(LAWS.kuzmin_s / 3 * 0.01**1.5, rel=0.05)
    # m ~ (1 - tau)^(1/3) at the Curie temperature
    near, nearer = (LAWS.reduced_magnetisation(220 * (1 - gap)) for gap in (1e-4, 1e-7))
    assert np.log(near / nearer) / np.log(1e3) == pytest.approx(1 / 3, rel=1e-3)
    assert LAWS.reduced_magnetisation(0) == 1
    assert LAWS.reduced_magnetisation(220) == LAWS.reduced_magnetisation(300) == 0


@pytest.mark.parametrize("s", [0.0, 0.25, 1.0, 2.5])
def test_magnetisation_falls_with_temperature(s):
    laws = TemperatureLaws(curie_temperature_k=220, kuzmin_s=s)
    m = [laws.reduced_magnetisation(t) for t in np.linspace(0, 220, 500)]
    assert (np.diff(m) <= 1e-12).all()


def test_everything_else_is_a_power_of_the_magnetisation():
    laws = TemperatureLaws(
        curie_temperature_k=220,
        exchange_exponent=1.8,
        dmi_exponent=1.5,
        anisotropy_exponent=2.1,
    )
    m = laws.reduced_magnetisation(180)
    assert laws.factors(180) == pytest.approx((m, m**1.8, m**1.5, m**2.1))
    by_default = LAWS.factors(180)
    assert by_default.exchange_stiffness == pytest.approx(by_default.dmi)
    assert by_default.uniaxial_anisotropy == pytest.approx(by_default.saturation_magnetisation**3)


def test_factors_are_one_at_the_reference_temperature():
    laws = TemperatureLaws(curie_temperature_k=220, reference_temperature_k=190)
    assert laws.factors(190) == (1, 1, 1, 1)
    assert min(laws.factors(150)) > 1 > max(laws.factors(200))


@pytest.mark.parametrize(
    "wrong",
    [
        {"curie_temperature_k": 0},
        {"curie_temperature_k": 220, "reference_temperature_k": 220},
        {"curie_temperature_k": 220, "kuzmin_s": 3},
        {"curie_temperature_k": 220, "bloch": 1},
    ],
)
def test_impossible_laws_are_refused(wrong):
    with pytest.raises(ValidationError):
        TemperatureLaws(**wrong)
