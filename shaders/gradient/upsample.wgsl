// Nearest-neighbour upsampling by two. Entry points:
//   up:   y: (images · 2·height · 2·width) × channels, each pixel the one of x it came from
//   down: y: (images · height · width) × channels, each pixel the sum of the four of x that come from it: the gradient of `up`
// width is that of the small image; stride counts vec4. Grid: one thread a vec4 of the padded y, folded in y.
// No workgroup memory.
//#include "common/index"
struct Params { vectors: u32, rows: u32, stride: u32, width: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(64)
fn up(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let pixel = at / params.stride;
  // Rows of images of one height are rows of one tall image.
  let source = pixel / (2 * params.width) / 2 * params.width + pixel % (2 * params.width) / 2;
  y[at] = select(vec4f(0), x[source * params.stride + at % params.stride], pixel < params.rows);
}

@compute @workgroup_size(64)
fn down(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let pixel = at / params.stride;
  let source = (pixel / params.width * 4 * params.width + pixel % params.width * 2) * params.stride + at % params.stride;
  let below = source + 2 * params.width * params.stride;
  var sum = vec4f(0);
  if (pixel < params.rows) { sum = (x[source] + x[source + params.stride]) + (x[below] + x[below + params.stride]); }
  y[at] = sum;
}
