// One token of the selective scan for four channels and eight entries of their states, in registers: two mat4x4f, each four entries
// (rows) of four channels (columns). The including file declares `params.state_stride` and `params.first_quad`.
override WG: u32 = 64;

struct States { low: mat4x4f, high: mat4x4f }

fn times(x: mat4x4f, y: mat4x4f) -> mat4x4f { return mat4x4f(x[0] * y[0], x[1] * y[1], x[2] * y[2], x[3] * y[3]); }

// Four entries of a vector by four channels: b·vᵀ.
fn outer(b: vec4f, v: vec4f) -> mat4x4f { return mat4x4f(v.x * b, v.y * b, v.z * b, v.w * b); }

// exp(Δ·A).
fn decay(a: mat4x4f, step: vec4f) -> mat4x4f {
  return mat4x4f(exp(step.x * a[0]), exp(step.y * a[1]), exp(step.z * a[2]), exp(step.w * a[3]));
}

// h_t from h_{t−1}, with v = Δ_t u_t and the two quads of B_t.
fn after(h: States, a: States, step: vec4f, v: vec4f, b_low: vec4f, b_high: vec4f) -> States {
  return States(times(decay(a.low, step), h.low) + outer(b_low, v), times(decay(a.high, step), h.high) + outer(b_high, v));
}

// Where A keeps the first quad of the first of four channels; the other channels follow at params.state_stride.
fn rates_at(lane: u32) -> u32 { return lane * 4 * params.state_stride + params.first_quad; }
