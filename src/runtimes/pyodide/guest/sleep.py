"""`time.sleep` that keeps no processor busy: the C library's would spin."""

import os
import struct
import time

DEVICE = "/dev/sleep"


def install():
    open_, write, close, pack, write_only = os.open, os.write, os.close, struct.pack, os.O_WRONLY

    def sleep(seconds, /):
        """Delay execution for a given number of seconds.  The argument may be a floating-point number."""
        if not isinstance(seconds, (int, float)):
            seconds = seconds.__float__()
        if seconds != seconds:
            raise ValueError("Invalid value NaN (not a number)")
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        descriptor = open_(DEVICE, write_only)
        try:
            write(descriptor, pack("<d", float(seconds)))
        finally:
            close(descriptor)

    sleep.__module__ = "time"
    time.sleep = sleep
