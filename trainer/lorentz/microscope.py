"""The electron microscope: wavelength and aberrations."""

from __future__ import annotations

import math

from pydantic import BaseModel, ConfigDict, Field

from ...inference.condition import ImagingCondition
from ...inference.transfer import electron_wavelength_nm

ELEMENTARY_CHARGE_C = 1.602176634e-19
ELECTRON_MASS_KG = 9.1093837015e-31
PLANCK_J_S = 6.62607015e-34
LIGHT_SPEED_M_S = 299792458.0


class Microscope(BaseModel):
    """A Lorentz TEM; the defaults are the paper's JEOL 2100F in low-magnification mode."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    voltage_kv: float = Field(default=200.0, gt=0)
    spherical_aberration_nm: float = 200e3
    beam_convergence_rad: float = Field(default=1e-5, ge=0)
    defocus_spread_nm: float = Field(default=80.0, ge=0)

    @classmethod
    def of(cls, condition: ImagingCondition) -> Microscope:
        """Return the microscope that an engine was made for."""
        return cls(
            voltage_kv=condition.voltage_kv,
            spherical_aberration_nm=condition.spherical_aberration_nm,
            beam_convergence_rad=condition.beam_convergence_rad,
            defocus_spread_nm=condition.defocus_spread_nm,
        )

    @property
    def wavelength_nm(self) -> float:
        """Relativistic electron wavelength in nm (2.508 pm at 200 kV)."""
        return electron_wavelength_nm(self.voltage_kv)

    @property
    def interaction_constant_per_v_nm(self) -> float:
        """Phase per volt of inner potential and nm of path, in rad (7.29e-3 at 200 kV).

        C_E = 2 pi / (lambda U) (E0 + eU) / (2 E0 + eU), E0 the rest energy (De Graef,
        *Introduction to Conventional TEM*, 2003, chapter 2).
        """
        volts = self.voltage_kv * 1e3
        energy = ELEMENTARY_CHARGE_C * volts
        rest = ELECTRON_MASS_KG * LIGHT_SPEED_M_S**2
        return 2 * math.pi / (self.wavelength_nm * volts) * (rest + energy) / (2 * rest + energy)
