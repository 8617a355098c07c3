// The way back through linalg/unroll: g, the gradient of all windows of images, to dx, that of the images. Each value of a pixel adds up its
// places in the windows that hold it, in the order of the output pixels.
//   dx: (images · height · width) × channels; g: (images · out_height · out_width) × (side² · channels), tap-major
// `vectors` counts the vec4 of the padded dx, strides those of a row. Grid: one thread a vec4 of dx, folded in y. No workgroup memory.
//#include "common/index"
struct Params {
  vectors: u32, // threads with work
  rows: u32,
  height: u32,
  width: u32,
  out_height: u32,
  out_width: u32,
  side: u32,
  step: u32,
  margin: u32,
  channels: u32,
  x_stride: u32,
  g_stride: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> g: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> dx: array<vec4f>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let pixel = at / params.x_stride;
  let channel = at % params.x_stride * 4;
  var sum = vec4f(0);
  if (pixel < params.rows) {
    let row = pixel / params.width % params.height;
    let column = pixel % params.width;
    let first_out = pixel / params.width / params.height * params.out_height * params.out_width;
    // From the last tap, which is the first output pixel.
    for (var tap_row = params.side; tap_row > 0; tap_row--) {
      let above = row + params.margin + 1 - tap_row; // wraps past the image, as do the others
      if (above % params.step != 0 || above / params.step >= params.out_height) { continue; }
      for (var tap_column = params.side; tap_column > 0; tap_column--) {
        let left = column + params.margin + 1 - tap_column;
        if (left % params.step != 0 || left / params.step >= params.out_width) { continue; }
        let out = first_out + above / params.step * params.out_width + left / params.step;
        let first = ((tap_row - 1) * params.side + tap_column - 1) * params.channels + channel;
        for (var i = 0u; i < 4u && channel + i < params.channels; i++) {
          sum[i] += g[out * params.g_stride + (first + i) / 4][(first + i) % 4];
        }
      }
    }
  }
  dx[at] = sum;
}
