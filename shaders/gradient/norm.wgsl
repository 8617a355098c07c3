// Back through RMSNorm (CENTRED = 0) or LayerNorm (CENTRED = 1), model/rms-norm.wgsl and layer-norm.wgsl. With s = 1 / √(variance + eps),
// n = (x − mean)·s and d = g · weight (d = g where WEIGHTED is 0; what is then bound for the weight is not looked at):
//   gx[r, :] = s · (d − mean(d) − n · mean(d · n)),   without mean and mean(d) for RMSNorm.
//   stats[r, :] = (mean, s, 0 …), which norm-weight.wgsl wants.
//   x, g, gx: rows × cols; weight: 1 × cols; stats: rows × 2 (stride 8). Strides count vec4; padding is written as zero.
// Grid: one row for LANES threads over all padded rows, folded in y. Workgroup memory: 4·WG bytes.
//#include "model/row-lanes"
//#include "common/finite"
struct Params { rows: u32, padded_rows: u32, cols: u32, stride: u32, eps: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> g: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> gx: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> stats: array<vec4f>;

override CENTRED: u32 = 0;
override WEIGHTED: u32 = 1;

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let seat = seat_of(group, groups, local);
  let inside = seat.row < params.rows;
  let at = seat.row * params.stride;
  let end = select(0u, params.stride, inside);
  let columns = f32(params.cols);
  var mean = 0.0;
  if (CENTRED == 1u) {
    for (var c = seat.lane; c < end; c += LANES) { mean += total(x[at + c]); }
    mean = row_sum(mean, local) / columns;
  }
  var squares = 0.0;
  var along = 0.0; // Σ d · (x − mean)
  var level = 0.0; // Σ d
  for (var c = seat.lane; c < end; c += LANES) {
    let centred = select(vec4f(0), x[at + c] - mean, columns_of(c) < vec4u(params.cols));
    var d = g[at + c];
    if (WEIGHTED == 1u) { d *= weight[c]; }
    squares += dot(centred, centred);
    along += dot(d, centred);
    level += total(d);
  }
  let variance = row_sum(squares, local) / columns + params.eps;
  let s = keeping_one(variance, inverseSqrt(variance));
  let slope = row_sum(along, local) * s / columns;
  if (CENTRED == 1u) { level = row_sum(level, local) / columns; } else { level = 0.0; }
  if (seat.row >= params.padded_rows) { return; }
  let last = select(0u, params.cols, inside);
  for (var c = seat.lane; c < params.stride; c += LANES) {
    var d = g[at + c];
    if (WEIGHTED == 1u) { d *= weight[c]; }
    let value = s * ((d - level) - (x[at + c] - mean) * s * slope);
    gx[at + c] = select(vec4f(0), value, columns_of(c) < vec4u(last));
  }
  if (seat.lane > 0) { return; }
  stats[seat.row * 2] = select(vec4f(0), vec4f(mean, s, 0, 0), inside);
  stats[seat.row * 2 + 1] = vec4f(0);
}
