"""Sends every image of DigitalMicrograph's front window to skyrmlive, as it changes.

Open this file in DigitalMicrograph, set the two lines below, bring the live view to the front and
press Execute. Closing the live view's window ends it, and executing the script again begins anew.
"""

import sys
import traceback

import DigitalMicrograph as DM

FOLDER = r"C:\skyrmlive"
ADDRESS = "tcp://192.168.1.10:5555"
SERVER_KEY = OWN_KEY = ""  # files of `skyrmlive keys`: NAME.public.json and own.secret.json

sys.path.insert(0, FOLDER)
from digital_micrograph import live_view  # noqa: E402
from nonblocking_push import NonblockingPush, read_keys  # noqa: E402


class LiveViewListener(DM.Py_ScriptObject):
    """Hears of every change of one image."""

    def __init__(self, image, sender):
        DM.Py_ScriptObject.__init__(self)
        self.image = image
        self.sender = sender

    def HandleDataChangedEvent(self, flags, image):
        """Offer the image; whatever goes wrong, the live view goes on."""
        try:
            if self.sender is not None:
                self.sender.offer(self.image)
                report = self.sender.report()
                if report:
                    print(report)
        except Exception:
            print(traceback.format_exc())

    def HandleWindowClosedEvent(self, flags, window):
        """End with the live view."""
        self.end()

    def end(self):
        """Send no more."""
        if self.sender is not None:
            sender, self.sender, self.image = self.sender, None, None
            sender.close()
            print("skyrmlive: sending has ended.")

    def __del__(self):
        DM.Py_ScriptObject.__del__(self)


if live_view.listener is not None:
    live_view.listener.end()
    live_view.listener.UnregisterAllListeners()
keys = read_keys(SERVER_KEY, OWN_KEY) if SERVER_KEY else None
image = DM.GetFrontImage()
window = DM.GetFrontImageDocument().GetWindow()
listener = live_view.listener = LiveViewListener(
    image, live_view.LiveViewSender(NonblockingPush(ADDRESS, keys=keys))
)
listener.WindowHandleWindowClosedEvent(window, "pythonplugin")
listener.ImageHandleDataChangedEvent(image, "pythonplugin")
print("skyrmlive: sending " + image.GetName() + " to " + ADDRESS + ".")
del image, window
