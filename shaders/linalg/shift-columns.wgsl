// Columns of x moved to the left by `shift`, by any number. Entry points:
//   cut:  y[r, c] = x[r, c + shift] for c < cols: columns cut out. Every vec4 of the padded y is written.
//   add:  y[r, c] += x[r, c + shift] where 0 ≤ c + shift < columns of x, shift ≤ 0: columns set into others. Only the `width` vec4 of a
//         row from number `first` on are touched.
//   x: rows × any; y: rows × cols. Strides, first and width count vec4; vectors counts those that are written.
// Grid: one thread a vec4 that is written, folded in y. No workgroup memory.
//#include "common/index"
struct Params {
  vectors: u32,
  x_stride: u32,
  cols: u32, y_stride: u32,
  first: u32, width: u32,
  shift: i32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

// Four neighbours of a row of x from column c on; the padding of x is zero, and so is what lies outside the row.
fn four(row: u32, c: i32) -> vec4f {
  let begin = row * params.x_stride;
  let stride = i32(params.x_stride);
  let low = c >> 2u; // rounds down, below zero too
  var left = vec4f(0);
  if (low >= 0 && low < stride) { left = x[begin + u32(low)]; }
  let within = u32(c & 3);
  if (within == 0u) { return left; }
  var right = vec4f(0);
  if (low + 1 >= 0 && low + 1 < stride) { right = x[begin + u32(low + 1)]; }
  switch within {
    case 1u: { return vec4f(left.yzw, right.x); }
    case 2u: { return vec4f(left.zw, right.xy); }
    default: { return vec4f(left.w, right.xyz); }
  }
}

fn moved(row: u32, column: u32) -> vec4f {
  let columns = vec4u(4 * column) + vec4u(0, 1, 2, 3);
  return select(vec4f(0), four(row, i32(4 * column) + params.shift), columns < vec4u(params.cols));
}

@compute @workgroup_size(64)
fn cut(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at < params.vectors) { y[at] = moved(at / params.y_stride, at % params.y_stride); }
}

@compute @workgroup_size(64)
fn add(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let row = at / params.width;
  let column = params.first + at % params.width;
  y[row * params.y_stride + column] += moved(row, column);
}
