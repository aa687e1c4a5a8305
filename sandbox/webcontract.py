"""The harness's door to the contract of endpoints, which the host program reads as well."""

from __future__ import annotations

from proofbox.sandbox.host.webcontract import Contract, ContractError, read_contract

__all__ = ("Contract", "ContractError", "read_contract")
