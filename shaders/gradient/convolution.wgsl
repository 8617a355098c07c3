// A convolution as a product: pixels are rows, an output pixel's neighbourhood one row of `side`² taps of all channels, each tap
// padded to `lanes` vec4. Entry points:
//   spread: x: (images · height · width) × channels → y: the neighbourhoods of output pixels first_row … first_row + rows − 1
//   gather: the gradient of x from that of those neighbourhoods (bound as x): each pixel of images first_image … adds up its places in
//           them. A pixel goes on from what earlier launches gave it, in the order of the output pixels, so that any cut gives the same bits.
//   pack:   weight: outputs × (channels · side²), torch's order → y: outputs × (side² · 4·lanes)
//   unpack: the other way, for its gradient
// Strides count vec4. Grid: one thread a vec4 of what is written, folded in y. No workgroup memory.
//#include "common/index"
struct Params {
  vectors: u32, // threads with work
  rows: u32,
  first_row: u32,
  first_image: u32,
  image_rows: u32, // of x, in all
  height: u32,
  width: u32,
  out_height: u32,
  out_width: u32,
  side: u32,
  step: u32,
  margin: u32, // zeros around the image
  lanes: u32,
  channels: u32,
  weight_stride: u32, // of the weight in torch's order, vec4
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn spread(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let lane = at % params.lanes;
  let tap = at / params.lanes % (params.side * params.side);
  let row = at / params.lanes / (params.side * params.side);
  let pixel = params.first_row + row;
  // Wraps past the image above and to the left of it.
  let from_row = pixel / params.out_width % params.out_height * params.step + tap / params.side - params.margin;
  let from_column = pixel % params.out_width * params.step + tap % params.side - params.margin;
  var value = vec4f(0);
  if (row < params.rows && from_row < params.height && from_column < params.width) {
    let image = pixel / params.out_width / params.out_height;
    value = x[((image * params.height + from_row) * params.width + from_column) * params.lanes + lane];
  }
  y[at] = value;
}

@compute @workgroup_size(64)
fn gather(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let index = linear_index(group, groups, local, 64);
  if (index >= params.vectors) { return; }
  let at = params.first_image * params.height * params.width * params.lanes + index;
  let lane = at % params.lanes;
  let pixel = at / params.lanes;
  if (pixel >= params.image_rows) {
    y[at] = vec4f(0);
    return;
  }
  let row = pixel / params.width % params.height;
  let column = pixel % params.width;
  let first_out = pixel / params.width / params.height * params.out_height * params.out_width;
  var sum = vec4f(0);
  if (params.first_row > first_out) { sum = y[at]; }
  // From the last tap, which is the first output pixel.
  for (var tap_row = params.side; tap_row > 0; tap_row--) {
    let above = row + params.margin + 1 - tap_row; // wraps past the image, as do the others
    if (above % params.step != 0 || above / params.step >= params.out_height) { continue; }
    for (var tap_column = params.side; tap_column > 0; tap_column--) {
      let left = column + params.margin + 1 - tap_column;
      if (left % params.step != 0 || left / params.step >= params.out_width) { continue; }
      let out = first_out + above / params.step * params.out_width + left / params.step - params.first_row;
      if (out >= params.rows) { continue; }
      let tap = (tap_row - 1) * params.side + tap_column - 1;
      sum += x[(out * params.side * params.side + tap) * params.lanes + lane];
    }
  }
  y[at] = sum;
}

// One entry of a matrix by its place in floats.
fn entry(at: u32) -> f32 { return x[at / 4][at % 4]; }

@compute @workgroup_size(64)
fn pack(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let taps = params.side * params.side;
  let channel = at % params.lanes * 4;
  let tap = at / params.lanes % taps;
  let row = at / params.lanes / taps;
  var value = vec4f(0);
  if (row < params.rows) {
    for (var i = 0u; i < 4u && channel + i < params.channels; i++) {
      value[i] = entry(row * params.weight_stride * 4 + (channel + i) * taps + tap);
    }
  }
  y[at] = value;
}

@compute @workgroup_size(64)
fn unpack(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let taps = params.side * params.side;
  let col = at % params.weight_stride * 4;
  let row = at / params.weight_stride;
  var value = vec4f(0);
  if (row < params.rows) {
    for (var i = 0u; i < 4u && col + i < params.channels * taps; i++) {
      value[i] = entry((row * taps + (col + i) % taps) * params.lanes * 4 + (col + i) / taps);
    }
  }
  y[at] = value;
}
