"""How far wind, solar, battery and flexible work cover a load: many designs over full years."""

from gigaplan.operations.sizing.battery import LithiumBattery
from gigaplan.operations.sizing.carbon import EmbodiedCarbon
from gigaplan.operations.sizing.sweep import FlexibleWork, Sizing, designs, sweep

__all__ = ["EmbodiedCarbon", "FlexibleWork", "LithiumBattery", "Sizing", "designs", "sweep"]
