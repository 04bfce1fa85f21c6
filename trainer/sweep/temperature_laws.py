"""How Ms, A, D and Ku of a film fall with temperature.

The reduced magnetisation m(T) = Ms(T) / Ms(0) follows Kuz'min (Phys. Rev. Lett. 94, 107204, 2005):

    m = [1 - s tau^(3/2) - (1 - s) tau^(5/2)]^(1/3),   tau = T / Tc,

Bloch's law at low temperature and the critical exponent 1/3 at Tc, near the 0.37 measured on
Fe3-xGeTe2 (Liu, Ivanovski and Petrovic, Phys. Rev. B 96, 144429, 2017). Everything else is a power
of m. The defaults:

    A ~ m^2    mean field; with corrections 1.8 in hcp cobalt (Moreno et al., Phys. Rev. B 94,
               104433, 2016)
    D ~ m^2    D and A share their scaling, corrections to mean field included (Rozsa, Atxitia and
               Nowak, Phys. Rev. B 96, 094436, 2017), so that the period 4 pi A / D stays
    Ku ~ m^3   single-ion uniaxial anisotropy (Callen and Callen, J. Phys. Chem. Solids 27, 1271,
               1966); 2.1 for the two-ion anisotropy of FePt (Asselin et al., Phys. Rev. B 82,
               054415, 2010)

Tomasello et al. (Phys. Rev. B 97, 060402, 2018) take 1.5 for both A and D of ultrathin dots. The
demagnetising field needs no law of its own: it follows Ms.
"""

from __future__ import annotations

from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field, model_validator


class MaterialFactors(NamedTuple):
    """Ms, A, D and Ku at one temperature over those at the reference temperature."""

    saturation_magnetisation: float
    exchange_stiffness: float
    dmi: float
    uniaxial_anisotropy: float


class TemperatureLaws(BaseModel):
    """Temperature dependence of one material."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    curie_temperature_k: float = Field(gt=0)
    reference_temperature_k: float = Field(
        default=0.0, ge=0, description="at which the film's parameters are those of its recipe"
    )
    kuzmin_s: float = Field(
        default=0.25,
        ge=0,
        le=2.5,
        description="weight of Bloch's law; 0.1 to 0.4 in iron, cobalt and nickel; m falls "
        "throughout up to 2.5",
    )
    exchange_exponent: float = Field(default=2.0, ge=0)
    dmi_exponent: float = Field(default=2.0, ge=0)
    anisotropy_exponent: float = Field(default=3.0, ge=0)

    @model_validator(mode="after")
    def _reference_is_ferromagnetic(self) -> TemperatureLaws:
        if self.reference_temperature_k >= self.curie_temperature_k:
            raise ValueError(
                f"the reference temperature, {self.reference_temperature_k:g} K, must lie below "
                f"the Curie temperature, {self.curie_temperature_k:g} K"
            )
        return self

    def reduced_magnetisation(self, temperature_k: float) -> float:
        """Return Ms(T) / Ms(0), zero from the Curie temperature upwards."""
        tau = min(temperature_k / self.curie_temperature_k, 1.0)
        cubed = 1 - self.kuzmin_s * tau**1.5 - (1 - self.kuzmin_s) * tau**2.5
        return max(cubed, 0.0) ** (1 / 3)

    def factors(self, temperature_k: float) -> MaterialFactors:
        """Return by what the recipe's Ms, A, D and Ku are to be multiplied at `temperature_k`."""
        m = self.reduced_magnetisation(temperature_k)
        m /= self.reduced_magnetisation(self.reference_temperature_k)
        return MaterialFactors(
            m, m**self.exchange_exponent, m**self.dmi_exponent, m**self.anisotropy_exponent
        )
