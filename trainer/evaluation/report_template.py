"""The words of docs/accuracy.md, section by section; figures and tables are put in by `report`.

A section that nothing was measured for is left out.
"""

OVERVIEW = """\
# How accurate the engines are

Every figure and picture of this page was made by the program, on {films} simulated films with
{skyrmions} skyrmions that no engine has learned from:

```
{commands}
```
{fewer}
Values stand with their 95 % interval, from a bootstrap over the films. Measures:

- **Jaccard index, F1, subset accuracy**: the paper's three, of the mask's pixels, mean over images;
  masks are by the rule that each engine has learned.
- **AP50**: TP / (TP + FP + FN), a skyrmion being found if its mask and the true one overlap with
  an intersection over union (IoU) above one half. **Panoptic quality** weighs each match with its
  IoU. **Invented** is what overlaps with no true skyrmion (IoU below 0.1, centre in no true mask),
  as a share of all that was found.
- **Centre error**: between found and true magnetic centre.
- **Diameter**: of the contour Mz = 0; skyrmions that the border cuts, and stripes, are left out.
  **A frame's mean diameter** is that of all that were found in it, against that of all that are
  there. What an image hides of one skyrmion's size it mostly hides of all: the mean of a frame is
  hardly better known than one of its skyrmions, and has an interval of its own.
- **ECE**: expected calibration error of `confidence`, the probability that what was found is a
  match.
"""

FEWER = """
Along the axes other than noise the first {films} of the films were looked at; the nominal setting,
which has all of them, stands out there by a narrower interval.
"""

NOISE = """\
## Noise

The paper's figure 3(f): Gaussian noise, its standard deviation over the mean of the image.

![scores against noise]({picture})

{tables}
"""

DEFOCUS = """\
## Defocus

The paper's figure 3(i): 10 % noise, and a defocus other than the nominal one. An engine that is
told a frame's defocus stands here twice: told the truth, and told the nominal defocus whatever the
true one, as the paper's network had to work. Here and above the engine is told that the images are
sharp.

![scores against defocus]({picture})

Jaccard index:

{table}
"""

TILT = """\
## Tilt

The paper's figure 3(l), in the same two ways.

![scores against tilt]({picture})

Jaccard index:

{table}
"""

BLUR = """\
## Blur

The image at the nominal setting with 10 % noise, blurred by a Gaussian as a detector, vibration and
drift do, in pixels (standard deviation). Blur and size look alike, so it matters whether the engine
is told how blurred the image is (`--blur-px`).

![scores against blur]({picture})

Jaccard index:

{table}

Sizes:

{tables}
"""

TOLD_WRONG = """\
## A defocus that is told wrong

The image is at the nominal defocus, with 10 % noise; the engine is told another one.

{tables}
"""

DETECTION = """\
## Skyrmion by skyrmion

![AP50 and panoptic quality against noise]({noise_picture})

{noise_tables}

With a camera's noise, by the dose (MTF one half at 0.3 cycles a pixel, readout noise of one
electron):

![AP50 and panoptic quality against dose]({dose_picture})

{dose_tables}
"""

PLACES = """\
## Where skyrmions are hard to find

At 10 % noise, by the distance of a skyrmion's centre to the border of the frame:

![by distance to the border]({border_picture})

{border_tables}

By the number of skyrmions in the film:

![by density]({density_picture})

{density_tables}
"""

SIZES = """\
## Sizes

The paper's figure 2(j): true diameters, and those found at three levels of noise.

{histograms}

![deviation of the diameter against noise]({noise_picture})

{noise_tables}

With a camera's noise, by the dose:

{dose_tables}

Found over true diameter, skyrmion by skyrmion, at 10 % noise:

![found over true diameter]({density_picture})

By the true diameter, at 10 % noise:

![by true diameter]({bins_picture})

{bins_tables}
"""

TEXTURES = """\
## Stripes and mixed phases

At 10 % noise. A stripe that is called a skyrmion would spoil a mean diameter; a skyrmion that is
called a stripe is left out of it.

{tables}
"""

BENDS = """\
## Bends

A crystal that is not quite flat has dark bands where it diffracts: {films} films at the nominal
setting, 1000 electrons a pixel, with one band across each by the two-beam theory; 100 nm from its
middle the excitation error is one over the extinction distance. By the share of the beam that is
left in the middle; the band's contrast is {contrasts} times that of the film. No engine has
learned of bands.

{tables}
"""

TRUST = """\
## Does it know what it does not know

Confidence against the share that is true, all levels of noise together:

![reliability diagram]({reliability_picture})

Intervals of the diameter, all levels of noise together: how many true diameters they hold.

![coverage of the intervals]({coverage_picture})
"""

FAMILIARITY = """\
## Frames that no engine is made for

All with 10 % noise, handed over as if they were taken at the nominal setting. `warned` is the
share that the engine warns of; AUC is the area under the ROC curve against ordinary frames, 0.5
being a guess.

{parts}
"""

PAIRS = """\
## The authors' own images

Mean over the {pairs} pairs of their kit, noise added as in the paper. These pairs have settled the
field of the films, the rim of the masks and the range of blur (decisions 4, 9 and 21): this is no
independent test.

{tables}
"""

TRAINING = """\
## Training

The paper's figure 2(i).

![training curve]({picture})
"""
