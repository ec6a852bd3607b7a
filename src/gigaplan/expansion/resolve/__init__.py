"""Plans of many variants of one problem, each begun with what the others found."""

from gigaplan.expansion.resolve.memory import Memory, Warm
from gigaplan.expansion.resolve.sweep import Change, Resolve, Resolver, sweep

__all__ = ["Change", "Memory", "Resolve", "Resolver", "Warm", "sweep"]
