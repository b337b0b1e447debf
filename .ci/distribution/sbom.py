"""The list of everything that an installed Groundswell consists of, as CycloneDX.

It lies in the wheel, in the folder of https://peps.python.org/pep-0770/, and beside the wheel. The
same commit makes the same bytes. The specification is at https://cyclonedx.org/docs/1.7/json/.
"""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from cyclonedx import __version__
from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import (
    ExternalReference,
    ExternalReferenceType,
    HashAlgorithm,
    HashType,
    Property,
    XsUri,
)
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot7
from packageurl import PackageURL

from distribution.runtime import OURSELVES, Pin, Runtime


@dataclass(frozen=True)
class Release:
    """What the list is about."""

    version: str
    """The version of Groundswell."""
    licence: str
    """Its licence, as SPDX names it."""
    description: str
    """What it is, in a sentence."""
    epoch: int
    """The time of the commit, in seconds since 1970."""


_WRITER = Component(
    type=ComponentType.LIBRARY, group="CycloneDX", name="cyclonedx-python-lib", version=__version__
)


def build_sbom(release: Release, runtime: Runtime, licences: dict[str, str]) -> str:
    """Return the list as JSON. `licences` has an SPDX expression for each package.

    Raise ValueError if a package has none.
    """
    if missing := [pin.name for pin in runtime.pins if pin.name not in licences]:
        raise ValueError(f".ci/dependencies.toml lacks the licence of {', '.join(missing)}")
    root = Component(
        type=ComponentType.APPLICATION,
        name=OURSELVES,
        version=release.version,
        description=release.description,
        licenses=[LicenseFactory().make_from_string(release.licence)],
        purl=_purl(OURSELVES, release.version),
        bom_ref=str(_purl(OURSELVES, release.version)),
    )
    components = [
        _component(pin, licences[pin.name], runtime.extras.get(pin.name, ()))
        for pin in runtime.pins
    ]
    bom = Bom(
        metadata=BomMetaData(
            component=root,
            tools=ToolRepository(components=[_WRITER]),
            timestamp=datetime.fromtimestamp(release.epoch, UTC),
        ),
        components=components,
        dependencies=_graph([root, *components], runtime.needs),
        serial_number=uuid.UUID(int=0),
    )
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_OID, _as_json(bom))
    return _as_json(bom)


def _component(pin: Pin, licence: str, extras: tuple[str, ...]) -> Component:
    """Describe one package.

    The lock allows several files of a package, one for each kind of machine, and does not say which
    hash belongs to which file. They stand together, as cyclonedx-py writes them too.
    """
    properties = [Property(name="groundswell:extra", value=extra) for extra in extras]
    if pin.marker:
        properties.append(Property(name="groundswell:marker", value=pin.marker))
    files = ExternalReference(
        type=ExternalReferenceType.DISTRIBUTION,
        url=XsUri(str(_purl(pin.name, pin.version))),
        comment="one of the files with these hashes is installed",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=digest) for digest in pin.hashes],
    )
    return Component(
        type=ComponentType.LIBRARY,
        name=pin.name,
        version=pin.version,
        scope=ComponentScope.OPTIONAL if extras else ComponentScope.REQUIRED,
        licenses=[LicenseFactory().make_from_string(licence)],
        purl=_purl(pin.name, pin.version),
        bom_ref=str(_purl(pin.name, pin.version)),
        external_references=[files],
        properties=properties,
    )


def _graph(components: list[Component], needs: dict[str, frozenset[str]]) -> list[Dependency]:
    return [
        Dependency(
            component.bom_ref,
            [Dependency(one.bom_ref) for one in components if one.name in needs[component.name]],
        )
        for component in components
    ]


def _purl(name: str, version: str) -> PackageURL:
    return PackageURL("pypi", name=name, version=version)


def _as_json(bom: Bom) -> str:
    return JsonV1Dot7(bom).output_as_string(indent=1) + "\n"
