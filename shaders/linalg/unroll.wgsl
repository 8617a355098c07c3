// The windows of a convolution as rows: x: (images · height · width) × channels → y: rows × (side² · channels), the windows of output
// pixels first_row … first_row + rows − 1. Within a row taps follow each other row by row, and of a tap all channels (tap-major), without
// gaps; a tap outside of the image is zero.
// `vectors` counts the vec4 of the padded y, strides those of a row. Grid: one thread a vec4 of y, folded in y. No workgroup memory.
//#include "common/index"
struct Params {
  vectors: u32, // threads with work
  rows: u32,
  cols: u32,
  first_row: u32,
  height: u32,
  width: u32,
  out_height: u32,
  out_width: u32,
  side: u32,
  step: u32,
  margin: u32, // zeros around the image
  channels: u32,
  x_stride: u32,
  y_stride: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let row = at / params.y_stride;
  let first = at % params.y_stride * 4;
  let pixel = params.first_row + row;
  let image = pixel / params.out_width / params.out_height;
  // Wrap past the image above and to the left of it.
  let top = pixel / params.out_width % params.out_height * params.step - params.margin;
  let left = pixel % params.out_width * params.step - params.margin;
  var value = vec4f(0);
  if (row < params.rows) {
    // Where channels come in fours, so do the columns of a tap.
    let whole = params.channels % 4 == 0;
    for (var i = 0u; i < 4u && first + i < params.cols; i++) {
      let tap = (first + i) / params.channels;
      let channel = (first + i) % params.channels;
      let from_row = top + tap / params.side;
      let from_column = left + tap % params.side;
      if (from_row < params.height && from_column < params.width) {
        let source = x[((image * params.height + from_row) * params.width + from_column) * params.x_stride + channel / 4];
        if (whole) { value = source; } else { value[i] = source[channel % 4]; }
      }
      if (whole) { break; }
    }
  }
  y[at] = value;
}
