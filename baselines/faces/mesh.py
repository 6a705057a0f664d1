"""The 68 landmarks by MediaPipe FaceMesh instead of dlib, of all frames of a source in one pass.

FaceMesh (Kartynnik et al. 2019, arXiv:1907.06724) predicts 468 points of a face in colour, and follows it from frame to
frame by them. Of these the ones are taken that lie where dlib's 68 do, by correspondences that are published
(Yan 2024, github.com/PeizhiYan/Mediapipe_2_Dlib_Landmarks; the list that went round before it differs in brow ends and
jaw); where those differ, the one nearer to dlib on real faces, the same on both sides.
"""

import contextlib
import os
import warnings
from typing import NamedTuple

import numpy as np

from baselines.cache import cached_arrays
from baselines.errors import InputError, MissingDependency
from baselines.identity import depends_on

# the points of the mesh whose mean is each of the 68 landmarks
POINTS = (
    # jaw: the oval of the face from the ear on the left of the picture by the chin, 152, to the other
    *((127,), (234,), (93,), (132, 58), (58, 172), (136,), (149,), (148,), (152,)),
    *((377,), (378,), (365,), (288, 397), (361, 288), (323,), (454,), (356,)),
    # brows: their upper edges, from left to right
    *((70,), (63,), (105,), (66,), (107,)),
    *((336,), (296,), (334,), (293,), (300,)),
    # nose: the ridge from the root to the tip, then below it from nostril to nostril
    *((168, 6), (197,), (5,), (4,)),
    *((75,), (97,), (2,), (326,), (305,)),
    # eyes: corner, two of the upper lid, corner, two of the lower lid back
    *((33,), (160,), (158,), (133,), (153,), (144,)),
    *((362,), (385,), (387,), (263,), (373,), (380,)),
    # mouth: outer edge of the lips, from the corner over the upper one; then the inner edge alike
    *((61,), (39,), (37,), (0,), (267,), (269,), (291,), (405,), (314,), (17,), (84,), (181,)),
    *((78,), (82,), (13,), (312,), (308,), (317,), (14,), (87,)),
)
MOST = 4  # faces that are told apart
PATIENCE = 10  # frames for which one of several faces is waited for when it is lost, before another is taken
# each landmark's first and last point, the same where it is one
_FIRST, _LAST = ([points[end] for points in POINTS] for end in (0, -1))


class MeshTrack(NamedTuple):
    """Landmarks of one face: (T, 68, 2) float32, x and y in px of the frame; NaN where there is no face.

    crowded: position from 0 of the first frame that was seen to show more than one face, None where none was.
    """

    landmarks: np.ndarray
    crowded: int | None


def cached_mesh(frames, progress=None):
    """Return the `MeshTrack` of `Frames`, kept in the cache between runs; `progress(1)` is called for each frame.

    Raises `MissingDependency` without mediapipe, also where the cache would do.
    """
    check_mesh()

    def compute():
        found = mesh_track(frames, progress)
        return {"landmarks": found.landmarks, "crowded": np.array(-1 if found.crowded is None else found.crowded)}

    stored = cached_arrays("mesh", {"frames": frames.identity(), **depends_on(__name__)}, compute)
    crowded = int(stored["crowded"])
    return MeshTrack(stored["landmarks"], None if crowded < 0 else crowded)


def mesh_track(frames, progress=None):
    """Return the `MeshTrack` of an iterable of (H, W, 3) uint8 RGB or (H, W) grey frames."""
    landmarks = []
    with warnings.catch_warnings(), contextlib.closing(_Follower()) as follower:
        warnings.filterwarnings("ignore", "SymbolDatabase.GetPrototype", UserWarning)  # of protobuf, about mediapipe
        for picture in frames:
            landmarks.append(follower.step(picture))
            if progress is not None:
                progress(1)
    return MeshTrack(np.array(landmarks, np.float32).reshape(-1, 68, 2), follower.crowded)


def check_mesh():
    """Raise `MissingDependency` where mediapipe is not installed."""
    _face_mesh_class()


class _Follower:
    """Pictures in, the landmarks of one face out: the largest when it comes into sight, for as long as it is seen."""

    def __init__(self):
        self.tracking, self.looking = _Mesh(faces=1), _Mesh(faces=MOST, still=True)
        self.frame, self.crowded = 0, None
        self.known, self.lost = None, 0  # the last face, frames since

    def step(self, picture):
        """Return the (68, 2) landmarks in a picture, NaN without a face."""
        picture = np.ascontiguousarray(picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2))
        faces = self.tracking(picture)
        # to track several costs a search in each frame, so it is done only once there were some
        came = self.known is None or self.lost > 0
        if faces and came and self.crowded is None and len(self.looking(picture)) > 1:
            self.crowded = self.frame
            self.tracking.close()
            self.tracking = _Mesh(faces=MOST)
            faces = self.tracking(picture)
        face = self._chosen(faces)
        self.frame += 1
        if face is None:
            self.lost += 1
            return np.full((68, 2), np.nan)
        self.known, self.lost = face, 0
        return face

    def _chosen(self, faces):
        """Return the face that is followed, of those in a picture, None where it is not among them."""
        if self.crowded is not None and self.known is not None and self.lost < PATIENCE:
            near = min(faces, key=lambda face: _distance(face, self.known), default=None)
            return near if near is not None and _distance(near, self.known) < _width(self.known) / 2 else None
        return max(faces, key=_width, default=None)

    def close(self):
        """End both meshes."""
        self.tracking.close()
        self.looking.close()


class _Mesh:
    """MediaPipe's mesh as a function from an RGB picture to the landmarks of the faces in it."""

    def __init__(self, faces, still=False):
        """`still`: look for the faces in every picture anew."""
        with _unusable_told(), _without_stderr():
            self.mesh = _face_mesh_class()(static_image_mode=still, max_num_faces=faces)
            self.mesh.process(np.zeros((16, 16, 3), np.uint8))  # all models are at work after it

    def __call__(self, picture):
        """Return (68, 2) landmarks in px for each face whose middle lies in the picture."""
        height, width = picture.shape[:2]
        faces = []
        for face in self.mesh.process(picture).multi_face_landmarks or ():
            points = np.array([(point.x * width, point.y * height) for point in face.landmark])
            faces.append((points[_FIRST] + points[_LAST]) / 2)
        return [face for face in faces if (np.abs(_middle(face) / (width, height) - 0.5) < 0.5).all()]

    def close(self):
        """Let the models go."""
        self.mesh.close()


def _face_mesh_class():
    try:
        import mediapipe
    except ModuleNotFoundError as error:
        raise MissingDependency("--landmarks mediapipe", error.name, "'megc-baselines[mediapipe]'") from None
    with _unusable_told():
        return mediapipe.solutions.face_mesh.FaceMesh


@contextlib.contextmanager
def _unusable_told():
    """Say what to do about a release of mediapipe without the mesh, or of protobuf that it cannot work with."""
    try:
        yield
    except (AttributeError, TypeError) as error:
        raise InputError(
            f"mediapipe cannot be used as it is installed ({error}); run `pip install 'megc-baselines[mediapipe]'`, "
            "which takes the release that brings its models, and protobuf below 5"
        ) from None


@contextlib.contextmanager
def _without_stderr():
    """Keep to itself what native code writes to stderr: that it uses the CPU, at each start."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _distance(face, other):
    return np.hypot(*(_middle(face) - _middle(other)))


def _middle(face):
    return (face.min(axis=0) + face.max(axis=0)) / 2


def _width(face):
    return np.ptp(face[:, 0])
