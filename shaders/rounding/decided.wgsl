// How decided soft roundings are, h(v) = clamp(1.2 σ(v) − 0.1, 0, 1) (AdaRound, arXiv:2004.10568). Entry points, each writes a matrix:
//   terms:    1 − |2h − 1|^β, which is 0 where h is 0 or 1.
//   slopes:   weight · g · ∂(1 − |2h − 1|^β)/∂v; g: 1 × 1.
//   settled:  1 where |h − ½| > 0.49, else 0.
//   same:     1 where two matrices agree, else 0.
//   latent: rows × cols; the padding of what is written is zero.
// Grid: linear over the `count` floats of the padded matrix, 64 threads a workgroup. No workgroup memory.
//#include "common/index"
struct Params { count: u32, rows: u32, cols: u32, stride: u32, beta: f32, weight: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> latent: array<f32>;
@group(0) @binding(2) var<storage, read> other: array<f32>;
@group(0) @binding(3) var<storage, read_write> made: array<f32>;

const STRETCH = 1.2;
const BELOW = 0.1;
const NOTHING = 1e-12;

fn counted(i: u32) -> bool { return i / params.stride < params.rows && i % params.stride < params.cols; }
fn raw(v: f32) -> f32 { return STRETCH / (1.0 + exp(-v)) - BELOW; }

@compute @workgroup_size(64)
fn terms(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
         @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let away = abs(2.0 * clamp(raw(latent[i]), 0.0, 1.0) - 1.0);
  let power = select(0.0, pow(max(away, NOTHING), params.beta), away > NOTHING);
  made[i] = select(0.0, 1.0 - power, counted(i));
}

@compute @workgroup_size(64)
fn slopes(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
          @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  let h = raw(latent[i]);
  var slope = 0.0;
  if (counted(i) && h > 0.0 && h < 1.0) {
    let p = (h + BELOW) / STRETCH;
    let away = 2.0 * h - 1.0;
    let power = select(0.0, pow(max(abs(away), NOTHING), params.beta - 1.0), abs(away) > NOTHING);
    slope = -2.0 * params.beta * power * sign(away) * STRETCH * p * (1.0 - p);
  }
  made[i] = params.weight * other[0] * slope;
}

@compute @workgroup_size(64)
fn settled(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
           @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  made[i] = select(0.0, 1.0, counted(i) && abs(clamp(raw(latent[i]), 0.0, 1.0) - 0.5) > 0.49);
}

@compute @workgroup_size(64)
fn same(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let i = linear_index(group, groups, lane, 64);
  if (i >= params.count) { return; }
  made[i] = select(0.0, 1.0, counted(i) && latent[i] == other[i]);
}
