"""What holds for all tests."""

import signal

# A shell's background job ignores SIGINT, and so would the programs that tests start and stop by it.
signal.signal(signal.SIGINT, signal.default_int_handler)
