"""How the sandbox org is set up: roles, groups within groups, what an update sets off, what the integration user may do."""

from typing import Any

from sync.sandbox import people_names as cast
from sync.sandbox.database import Value
from sync.sandbox.prospects import Maker
from sync.sandbox.schema import schema

HOT_NEEDS_PHONE = "評価が Hot のリードには電話番号が必要です"
_HEAD = "Sales_Head"


def add_setup(maker: Maker, users: dict[str, str], queues: dict[str, str]) -> None:
    """What an administrator has made, long ago."""
    _roles(maker, users, queues)
    _automation(maker, users[cast.INTEGRATION])
    _permissions(maker, users)


def _roles(maker: Maker, users: dict[str, str], queues: dict[str, str]) -> None:
    """A role over three teams, each with its managers above its reps, and the groups that Salesforce keeps for roles."""
    admin = users[cast.INTEGRATION]
    head = maker.add("UserRole", admin, Name="営業統括", DeveloperName=_HEAD)
    teams = (*cast.REPS_KANTO, cast.LEAVER), cast.REPS_KANSAI, cast.REPS_ENGLISH
    groups: dict[str, str] = {}
    for (name, label), boss, team in zip(cast.ROLES.items(), cast.MANAGERS, teams, strict=True):
        above = maker.add(
            "UserRole", admin, Name=f"{label}マネージャー", DeveloperName=f"{name}_Manager", ParentRoleId=head
        )
        below = maker.add("UserRole", admin, Name=label, DeveloperName=name, ParentRoleId=above)
        maker.amend("User", users[boss], UserRoleId=above)
        for stem in team:
            maker.amend("User", users[stem], UserRoleId=below)
        groups[name] = maker.add("Group", admin, Name=label, DeveloperName=name, Type="Role", RelatedId=below,
                                 DoesIncludeBosses=False)  # fmt: skip
        groups[f"{name}_All"] = maker.add("Group", admin, Name=label, DeveloperName=f"{name}_All", RelatedId=above,
                                          Type="RoleAndSubordinates", DoesIncludeBosses=False)  # fmt: skip
    sales = next(key for key, group in maker.fresh["Group"].items() if group["DeveloperName"] == "Sales")
    # Members of the partner queue by themselves too: what people make grows so.
    for group, member in (
        (sales, groups["Kanto_All"]),
        (sales, groups["Kansai_All"]),
        (queues["Partner_Leads"], groups["Kansai"]),
    ):
        maker.add("GroupMember", admin, GroupId=group, UserOrGroupId=member)


def _automation(maker: Maker, admin: str) -> None:
    """What an update of a lead sets off, as the APIs list it. The rules of `World` are what runs."""
    flow: dict[str, Any] = {"ProcessType": "AutoLaunchedFlow", "TriggerType": "RecordAfterSave", "TriggerObjectOrEventId": "Lead",
            "TriggerObjectOrEventLabel": "リード", "RecordTriggerType": "CreateAndUpdate"}  # fmt: skip
    maker.add("FlowDefinitionView", admin, ApiName="Lead_Follow_Up", Label="リードのフォロー", IsActive=True, **flow)
    maker.add("FlowDefinitionView", admin, ApiName="Lead_Notice_Old", Label="リード通知(旧)", IsActive=False, **flow)
    usage: dict[str, Any] = {
        "UsageBeforeInsert": True,
        "UsageAfterInsert": False,
        "UsageBeforeUpdate": True,
        "UsageAfterUpdate": True,
    }
    maker.add("ApexTrigger", admin, Name="LeadTrigger", TableEnumOrId="Lead", Status="Active", **usage)
    maker.add("ApexTrigger", admin, Name="LeadTriggerOld", TableEnumOrId="Lead", Status="Inactive", **usage)
    maker.add("ValidationRule", admin, ValidationName="Hot_needs_phone", Active=True, EntityDefinitionId="Lead",
              ErrorDisplayField="Phone", ErrorMessage=HOT_NEEDS_PHONE)  # fmt: skip
    rule: dict[str, Value] = {
        "Id": cast.ASSIGNMENT_RULE,
        "Name": "標準の割り当て",
        "SobjectType": "Lead",
        "Active": True,
    }
    maker.put("AssignmentRule", rule, admin)


def _permissions(maker: Maker, users: dict[str, str]) -> None:
    """One permission set, which the integration user has."""
    admin = users[cast.INTEGRATION]
    held = maker.add("PermissionSet", admin, Name="leadsync", Label="leadsync", IsOwnedByProfile=False, PermissionsApiEnabled=True,
                     PermissionsBulkApiHardDelete=False, PermissionsModifyAllData=False, PermissionsViewAllData=True,
                     PermissionsViewSetup=True, PermissionsTransferAnyLead=True, PermissionsTransferAnyEntity=False,
                     PermissionsUpdateWithInactiveOwner=True)  # fmt: skip
    maker.add("PermissionSetAssignment", admin, AssigneeId=users[cast.INTEGRATION], PermissionSetId=held)
    for name in ("Lead", "Contact"):
        maker.add("ObjectPermissions", admin, ParentId=held, SobjectType=name, PermissionsRead=True, PermissionsCreate=False,
                  PermissionsEdit=True, PermissionsDelete=False, PermissionsViewAllRecords=True,
                  PermissionsModifyAllRecords=False)  # fmt: skip
        for field in schema()[name].fields.values():
            if field.permissionable:
                maker.add("FieldPermissions", admin, ParentId=held, SobjectType=name, Field=f"{name}.{field.name}",
                          PermissionsRead=True, PermissionsEdit=field.updateable)  # fmt: skip
