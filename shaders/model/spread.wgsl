// A few rows spread over many: row r of y takes row (r div divisor) mod period of v.   x, y: rows × cols; v: at least period × cols.
// divisor = 1 repeats v every `period` rows (a bias, positions); period = rows / divisor gives each run of `divisor` rows one row of v.
// The override OP chooses:  0: y = x + v   1: y = x · v   2: y = x · (1 + v)   3: y = alpha · v (x is not looked at).
// `vectors` counts the vec4 of the padded y, stride those of a row; padding is written as zero.
// Grid: one thread a vec4 of y, folded in y. No workgroup memory.
//#include "common/index"
struct Params { vectors: u32, rows: u32, stride: u32, divisor: u32, period: u32, alpha: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> v: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4f>;

override OP: u32 = 0;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let at = linear_index(group, groups, local, 64);
  if (at >= params.vectors) { return; }
  let row = at / params.stride;
  if (row >= params.rows) {
    y[at] = vec4f(0);
    return;
  }
  let value = v[row / params.divisor % params.period * params.stride + at % params.stride];
  switch OP {
    case 0u: { y[at] = x[at] + value; }
    case 1u: { y[at] = x[at] * value; }
    case 2u: { y[at] = x[at] + x[at] * value; }
    default: { y[at] = params.alpha * value; }
  }
}
