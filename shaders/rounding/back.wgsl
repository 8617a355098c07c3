// Back through a learned grid (rounding/level), straight through rounding and flooring. With g = ∂L/∂ŵ; inside: t + z within 0 … top:
//   ∂w = g [inside] (nearest)     ∂v = g s h′(v) [inside] (soft), g s [inside] (added)
//   ∂s = Σ g (inside ? c − z − w / s : c − z)      ∂z = Σ g (inside ? 0 : −s)      over the weights of a group
// Entry points:
//   through:  ∂w or ∂v by FORM, rows × cols; linear over the floats of the padded matrix.
//   slopes:   one thread a piece of a group's row, PIECE columns at most: sums[thread] = (∂s, ∂z) of it; `count` threads.
//   fold:     one thread a group of a row: its pieces in order, to `out`, rows × (2·groups), which is zero before.
// Grid: linear, 64 threads a workgroup. No workgroup memory.
//#include "common/index"
//#include "rounding/level"
@group(0) @binding(4) var<storage, read> gradient: array<f32>;
@group(0) @binding(5) var<storage, read_write> out: array<f32>;
// Of `slopes` and `fold`, which have bindings of their own.
@group(0) @binding(5) var<storage, read_write> sums: array<vec2f>;
@group(0) @binding(1) var<storage, read> pieces: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> folded: array<f32>;

const PIECE = 128u;

@compute @workgroup_size(64)
fn through(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let row = i / params.stride;
  let column = i % params.stride;
  var value = 0.0;
  if (row < params.rows && column < params.cols) {
    let found = find(row, column);
    if (found.inside) {
      value = gradient[i];
      if (FORM == 1) { value *= found.scale * soft_slope(latent[i]); }
      if (FORM == 3) { value *= found.scale; }
    }
  }
  out[i] = value;
}

@compute @workgroup_size(64)
fn slopes(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
          @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let each = params.groups * params.pieces;
  let row = i / each;
  let cell = (i % each) / params.pieces;
  let first = cell * params.size + (i % params.pieces) * PIECE;
  let past = min(min(first + PIECE, (cell + 1u) * params.size), params.cols);
  var sum = vec2f(0);
  for (var column = first; column < past; column++) {
    let found = find(row, column);
    let level = found.code - found.zero;
    let g = gradient[row * params.stride + column];
    sum += g * select(vec2f(level, -found.scale), vec2f(level - found.real, 0.0), found.inside);
  }
  sums[i] = sum;
}

@compute @workgroup_size(64)
fn fold(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  var sum = vec2f(0);
  for (var piece = 0u; piece < params.pieces; piece++) { sum += pieces[i * params.pieces + piece]; }
  let at = (i / params.groups) * params.grid_stride + i % params.groups;
  folded[at] = sum.x;
  folded[at + params.groups] = sum.y;
}
