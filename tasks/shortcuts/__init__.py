"""The root's own words, which are typed without a section."""

from .practice import bench as bench
from .practice import drill as drill
from .practice import lint as lint
from .practice import pictures as pictures
from .practice import test as test
from .recovery import recover as recover
from .setting_up import doctor as doctor
from .setting_up import init as init
