"use strict";

// LBP-TOP on real pixels: a volume of grey levels, the codes of its three planes, and how one code comes about.

/** Return the grey levels of a picture that holds faces side by side, as {at(t, y, x), shape}. */
async function volumeOf(data) {
  const image = new Image();
  image.src = data.volume;
  await image.decode();
  const canvas = element("canvas", { width: image.naturalWidth, height: image.naturalHeight });
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const [, height, width] = data.shape;
  const at = (t, y, x) => {
    const row = Math.floor(t / data.columns) * height + y;
    return pixels[4 * (row * canvas.width + (t % data.columns) * width + x)];
  };
  return { at, shape: data.shape };
}

/** Tell whether a voxel has all its neighbours. */
function isCoded(volume, radii, [t, y, x]) {
  const margins = [radii[2], radii[1], radii[0]];
  return [t, y, x].every((place, n) => place >= margins[n] && place < volume.shape[n] - margins[n]);
}

/** Return {centre, neighbours: [{offset, value, bit}], code} of one voxel on one plane. */
function codeOf(volume, offsets, [t, y, x]) {
  const centre = volume.at(t, y, x);
  const neighbours = offsets.map(([dt, dy, dx]) => {
    const value = volume.at(t + dt, y + dy, x + dx);
    return { offset: [dt, dy, dx], value, bit: value >= centre ? 1 : 0 };
  });
  return { centre, neighbours, code: neighbours.reduce((sum, one, n) => sum + (one.bit << n), 0) };
}

/** Return which block [row, column] of a grid a pixel lies in, null at the margin. */
function blockOf(grid, y, x) {
  const within = (edges, place) => edges.findIndex(([first, last]) => first <= place && place < last);
  const [row, column] = [within(grid.rows, y), within(grid.columns, x)];
  return row < 0 || column < 0 ? null : [row, column];
}
