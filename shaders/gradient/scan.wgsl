// Selective scan. Within each window of `length` tokens, for every channel, from h = 0:
//   h ← exp(Δ_t A) ⊙ h + Δ_t u_t B_t,   y_t = C_t·h + skip·u_t.
//   u, delta, y: tokens × channels; a: channels × states; b, c: tokens × states; skip: 1 × channels.
// A launch advances eight states, two vec4 from first_quad; launches after the first add to y. Strides, lanes and quads count vec4.
// Grid: one thread a window and four channels, folded in y, serial over the tokens. No workgroup memory.
// Gu and Dao 2023, arXiv 2312.00752, algorithm 2 (with the simplified B̄ = Δ·B of the published code).
//#include "common/index"
//#include "gradient/scan-step"
struct Params {
  length: u32,
  first_window: u32,
  first_lane: u32,
  lanes: u32, // of each window in this launch
  threads: u32,
  stride: u32, // of u, delta, y
  state_stride: u32,
  first_quad: u32,
}
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> u: array<vec4f>;
@group(0) @binding(2) var<storage, read> delta: array<vec4f>;
@group(0) @binding(3) var<storage, read> a: array<vec4f>;
@group(0) @binding(4) var<storage, read> b: array<vec4f>;
@group(0) @binding(5) var<storage, read> c: array<vec4f>;
@group(0) @binding(6) var<storage, read> skip: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> y: array<vec4f>;

fn rates(at: u32) -> mat4x4f {
  return mat4x4f(a[at], a[at + params.state_stride], a[at + 2 * params.state_stride], a[at + 3 * params.state_stride]);
}

@compute @workgroup_size(WG)
fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let thread = linear_index(group, groups, local, WG);
  if (thread >= params.threads) { return; }
  let lane = params.first_lane + thread % params.lanes;
  let window = params.first_window + thread / params.lanes;
  let own = States(rates(rates_at(lane)), rates(rates_at(lane) + 1));
  let through = skip[lane];
  var h = States();
  for (var row = window * params.length; row < (window + 1) * params.length; row++) {
    let at = row * params.stride + lane;
    let state_at = row * params.state_stride + params.first_quad;
    let step = delta[at];
    let x = u[at];
    h = after(h, own, step, step * x, b[state_at], b[state_at + 1]);
    var sum = c[state_at] * h.low + c[state_at + 1] * h.high;
    if (params.first_quad == 0) { sum += through * x; } else { sum += y[at]; }
    y[at] = sum;
  }
}
