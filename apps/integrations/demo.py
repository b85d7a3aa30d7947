"""The demo company's neighbours: an ERP that hears of alerts, and an oven that reports its temperature."""

from __future__ import annotations

from apps.core.demo import Demo, demo_part
from apps.integrations import services


@demo_part("Webhooks", 75)
def build(demo: Demo) -> None:
    boss = demo.made["people"]["demo.opm"]
    one = services.add_webhook(
        name="ERP hears of alerts", url="https://erp.example/hooks", patterns="kpis.alert_*", actor=boss
    )
    services.stop_webhook(one, actor=boss)  # the example address answers nobody
    services.add_hook(name="Hardening oven", concerns=demo.made["departments"]["CNC"], actor=boss)
