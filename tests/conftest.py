"""What holds for all tests."""

import signal

# A background job of a shell ignores SIGINT, and so would the programs that tests stop by it.
signal.signal(signal.SIGINT, signal.default_int_handler)
