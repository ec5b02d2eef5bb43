"""The small app's accounts, where the stack looks for them. All else is the application's own."""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
