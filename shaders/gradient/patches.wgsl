// Images ↔ square patches that do not overlap, tokens row by row. Entry points:
//   cut:  x: images × (channels · height · width) → y: (images · tokens) × (channels · side²)
//   join: the other way
// A patch's numbers are in the order channel, row, column; with channel_last, row, column, channel.
// x_stride counts floats, y_stride vec4. Grid: one thread a vec4 of the padded y, folded in y. No workgroup memory.
//#include "common/index"
struct Params {
  vectors: u32,
  rows: u32, // of y
  cols: u32,
  x_stride: u32,
  y_stride: u32,
  channels: u32,
  height: u32,
  width: u32,
  side: u32, // of a patch
  channel_last: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

// Where a token's number `col` lies in its image.
fn in_image(token: u32, col: u32) -> u32 {
  let area = params.side * params.side;
  let across = params.width / params.side;
  let channel = select(col / area, col % params.channels, params.channel_last == 1);
  let inside = select(col % area, col / params.channels, params.channel_last == 1);
  let row = token / across * params.side + inside / params.side;
  let column = token % across * params.side + inside % params.side;
  return (channel * params.height + row) * params.width + column;
}

// Where a number `col` of an image lies in the patches.
fn in_patches(image: u32, col: u32, tokens: u32) -> u32 {
  let row = col / params.width % params.height;
  let column = col % params.width;
  let channel = col / params.width / params.height;
  let token = row / params.side * (params.width / params.side) + column / params.side;
  let inside = row % params.side * params.side + column % params.side;
  let place = select(channel * params.side * params.side + inside, inside * params.channels + channel, params.channel_last == 1);
  return (image * tokens + token) * params.x_stride + place;
}

@compute @workgroup_size(64)
fn cut(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let row = at / params.y_stride;
  let col = at % params.y_stride * 4;
  let tokens = (params.height / params.side) * (params.width / params.side);
  var value = vec4f(0);
  if (row < params.rows) {
    let image = row / tokens * params.x_stride;
    for (var i = 0u; i < 4u && col + i < params.cols; i++) { value[i] = x[image + in_image(row % tokens, col + i)]; }
  }
  y[at] = value;
}

@compute @workgroup_size(64)
fn join(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let row = at / params.y_stride;
  let col = at % params.y_stride * 4;
  let tokens = (params.height / params.side) * (params.width / params.side);
  var value = vec4f(0);
  if (row < params.rows) {
    for (var i = 0u; i < 4u && col + i < params.cols; i++) { value[i] = x[in_patches(row, col + i, tokens)]; }
  }
  y[at] = value;
}
