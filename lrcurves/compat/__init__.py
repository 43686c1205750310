"""The names, arguments and quirks of other libraries, as schedules of this one.

Each module, ``lrcurves.compat.torch`` for example, has the functions and classes of a
library by their own names. They take the same arguments, with the rate of the optimizer in
its place, and return schedules that do as the library does. It need not be installed.

>>> from lrcurves.compat import optax, torch
>>> optax.cosine_decay_schedule(0.1, decay_steps=8)
Cosine(base_lr=0.1, steps=8)
>>> torch.CosineAnnealingLR(0.1, T_max=8)
Repeat(schedule=Cosine(base_lr=0.1, steps=8) >> Cosine(base_lr=0, steps=8, final_lr=0.1))

The table says what each schedule of this library is called there. The names in a call are
the fields of the schedule: ``alpha=final_lr / base_lr`` is a share, and ``steps - warmup``
a length that does not count the warm-up. A call gives the same rate at every step, unless
it says where it differs; after ``same`` stands what else to know. A dash stands before the
libraries that have no call for it, other than to join parts one after another. Every call
is executed and compared, here and in its library.

.. The table: python tests/parity/conventions.py --write

Constant(base_lr)
    torch         ConstantLR(base_lr, factor=1.0)
                  same; factor is 1/3 unless given, and is gone after 5 steps
    optax         constant_schedule(base_lr)
    transformers  get_constant_schedule(base_lr)
    timm          create_scheduler_v2(base_lr, 'constant')
    -             keras

Linear(base_lr, final_lr, steps)
    torch         LinearLR(base_lr, 1.0, final_lr / base_lr, total_iters=steps)
                  same; no factor is above 1, and start_factor is 1/3 unless given
    optax         linear_schedule(base_lr, final_lr, transition_steps=steps)
    keras         PolynomialDecay(base_lr, steps, end_learning_rate=final_lr)
                  same; end_learning_rate is 1e-4 unless given
    transformers  get_polynomial_decay_schedule_with_warmup(base_lr, 0, steps,
                  lr_end=final_lr)
                  same; lr_end is 1e-7 unless given
    timm          PolyLRScheduler(base_lr, steps, power=1.0, lr_min=final_lr)
                  same; power is 0.5 unless given

Polynomial(base_lr, steps, power=power)
    torch         PolynomialLR(base_lr, total_iters=steps, power=power)
    optax         polynomial_schedule(base_lr, 0.0, power, transition_steps=steps)
    keras         PolynomialDecay(base_lr, steps, 0.0, power)
    transformers  get_polynomial_decay_schedule_with_warmup(base_lr, 0, steps, 0.0, power)
    timm          PolyLRScheduler(base_lr, steps, power)

Polynomial(base_lr, steps, final_lr, power)
    torch         PolynomialLR(base_lr, total_iters=steps, power=power)
                  differs where t > 0: it falls to 0, as it has no last rate
    optax         polynomial_schedule(base_lr, final_lr, power, transition_steps=steps)
    keras         PolynomialDecay(base_lr, steps, final_lr, power)
    transformers  get_polynomial_decay_schedule_with_warmup(base_lr, 0, steps, final_lr,
                  power)
    timm          PolyLRScheduler(base_lr, steps, power, lr_min=final_lr)

Polynomial(base_lr, steps, final_lr, power, k_decay)
    timm          PolyLRScheduler(base_lr, steps, power, final_lr, k_decay=k_decay)
    -             torch, optax, keras, transformers

OneMinusSqrt(base_lr, steps, final_lr)
    transformers  get_wsd_schedule(base_lr, 0, steps, steps, decay_type='1-sqrt',
                  min_lr_ratio=final_lr / base_lr)
                  same; decay_type is 'cosine' unless given
    timm          WSDLRScheduler(base_lr, t_initial=steps, decay_t=steps, lr_min=final_lr)
                  same; decay_fn is '1-sqrt' unless given
    -             torch, optax, keras

Exponential(base_lr, gamma, every)
    torch         ExponentialLR(base_lr, gamma ** (1 / every))
                  same; its gamma is the factor of one step
    optax         exponential_decay(base_lr, transition_steps=every, decay_rate=gamma)
    keras         ExponentialDecay(base_lr, decay_steps=every, decay_rate=gamma)
    -             transformers, timm

Geometric(base_lr, final_lr, steps)
    torch         ExponentialLR(base_lr, (final_lr / base_lr) ** (1 / steps))
                  differs where t > steps: it goes on falling
    optax         exponential_decay(base_lr, steps, final_lr / base_lr, end_value=final_lr)
                  same; without end_value it goes on falling
    keras         ExponentialDecay(base_lr, steps, final_lr / base_lr)
                  differs where t > steps: it goes on falling
    timm          WSDLRScheduler(base_lr, steps, steps, final_lr, decay_fn='exp',
                  decay_ratio=final_lr / base_lr)
                  same; with another decay_ratio it is no pure exponential
    -             transformers

StepDecay(base_lr, gamma, step_size)
    torch         StepLR(base_lr, step_size, gamma)
                  same; gamma is 0.1 unless given
    optax         exponential_decay(base_lr, step_size, gamma, staircase=True)
    keras         ExponentialDecay(base_lr, step_size, gamma, staircase=True)
    timm          StepLRScheduler(base_lr, decay_t=step_size, decay_rate=gamma)
    -             transformers

MultiStep(base_lr, gamma, milestones)
    torch         MultiStepLR(base_lr, milestones, gamma)
                  same; gamma is 0.1 unless given
    optax         piecewise_constant_schedule(base_lr, {m: gamma for m in milestones})
                  same; a milestone cannot be given twice
    keras         PiecewiseConstantDecay([m - 1 for m in milestones],
                  [base_lr * gamma**i for i in range(len(milestones) + 1)])
                  same; a rate still holds at its boundary
    timm          MultiStepLRScheduler(base_lr, [m + 1 for m in milestones], gamma)
                  same; a drop comes one step before its decay_t
    -             transformers

PiecewiseConstant(values, boundaries)
    optax         piecewise_constant_schedule(values[0], {b: new / old for b, old,
                  new in zip(boundaries, values, values[1:])})
                  same; a scale multiplies the rate in force
    keras         PiecewiseConstantDecay([b - 1 for b in boundaries], values)
                  same; a rate still holds at its boundary
    keras         PiecewiseConstantDecay(boundaries, values)
                  differs where t in boundaries: a rate still holds at its boundary
    -             torch, transformers, timm

Interpolated(times, values, shape)
    optax         piecewise_interpolate_schedule(shape, values[0], {t: new / old for t, old,
                  new in zip(times[1:], values, values[1:])})
                  same; the first time is 0, and a scale multiplies the rate at the boundary
                  before
    -             torch, keras, transformers, timm

Cosine(base_lr, steps, final_lr)
    torch         CosineAnnealingLR(base_lr, T_max=steps, eta_min=final_lr)
                  differs where t > steps and (t - steps) % (2 * steps) != 0: it climbs
                  again, back to base_lr at 2 * steps, for ever up and down
    torch         SWALR(base_lr, final_lr, anneal_epochs=steps)
                  same; it leaves from whatever rate is in force when it starts
    optax         cosine_decay_schedule(base_lr, steps, alpha=final_lr / base_lr)
                  same; the last rate is a share of the first
    keras         CosineDecay(base_lr, steps, alpha=final_lr / base_lr)
                  same; the last rate is a share of the first
    transformers  get_cosine_with_min_lr_schedule_with_warmup(base_lr, 0, steps,
                  min_lr=final_lr)
                  differs where t > steps and (t - steps) % (2 * steps) != 0: it climbs
                  again, back to base_lr at 2 * steps, for ever up and down
    timm          CosineLRScheduler(base_lr, steps, lr_min=final_lr)

Cosine(base_lr, steps, final_lr, power)
    optax         cosine_decay_schedule(base_lr, steps, final_lr / base_lr, exponent=power)
    -             torch, keras, transformers, timm

Cosine(base_lr, steps, final_lr, k_decay=k_decay)
    timm          CosineLRScheduler(base_lr, steps, final_lr, k_decay=k_decay)
    -             torch, optax, keras, transformers

Repeat(Cosine(base_lr, steps, final_lr) >> Cosine(final_lr, steps, base_lr))
    torch         CosineAnnealingLR(base_lr, T_max=steps, eta_min=final_lr)
                  same; this is what it does after T_max
    transformers  get_cosine_with_min_lr_schedule_with_warmup(base_lr, 0, steps,
                  min_lr=final_lr)
                  same; num_cycles is 0.5 unless given, as it counts whole waves
    -             optax, keras, timm

CosineRestarts(base_lr, period, final_lr, period_mult)
    torch         CosineAnnealingWarmRestarts(base_lr, T_0=period, T_mult=period_mult,
                  eta_min=final_lr)
                  same; T_0 and T_mult are whole numbers
    keras         CosineDecayRestarts(base_lr, period, t_mul=period_mult,
                  alpha=final_lr / base_lr)
                  same; t_mul is 2 unless given
    timm          CosineLRScheduler(base_lr, period, final_lr, cycle_mul=period_mult,
                  cycle_limit=1000)
                  same; cycle_limit is 1 unless given
    -             optax, transformers

CosineRestarts(base_lr, period, final_lr, peak_mult=peak_mult)
    keras         CosineDecayRestarts(base_lr, period, 1.0, m_mul=peak_mult,
                  alpha=final_lr / base_lr)
                  differs where t >= period: m_mul multiplies the height above final_lr, not
                  the peak
    timm          CosineLRScheduler(base_lr, period, final_lr, cycle_decay=peak_mult,
                  cycle_limit=1000)
                  same; a peak that has sunk below final_lr stays there
    -             torch, optax, transformers

Repeat(Cosine(base_lr, period), count=count)
    torch         CosineAnnealingWarmRestarts(base_lr, T_0=period)
                  differs where t >= count * period: it restarts for ever
    optax         sgdr_schedule(count * [{'init_value': 0.0, 'peak_value': base_lr,
                  'warmup_steps': 0, 'decay_steps': period}])
                  same; each cycle has its own arguments, and its decay_steps count its
                  warm-up
    keras         CosineDecayRestarts(base_lr, period, t_mul=1.0)
                  differs where t >= count * period: it restarts for ever
    transformers  get_cosine_with_hard_restarts_schedule_with_warmup(base_lr, 0,
                  count * period, num_cycles=count)
                  same; the length is that of all cycles together
    timm          CosineLRScheduler(base_lr, period, cycle_limit=count)

PolynomialRestarts(base_lr, period, final_lr, power)
    keras         PolynomialDecay(base_lr, period, final_lr, power, cycle=True)
                  differs where t >= period: it is at final_lr at each restart, and cycle n
                  starts at about n ** -power of the height
    timm          PolyLRScheduler(base_lr, period, power, final_lr, cycle_limit=1000)
    -             torch, optax, transformers

Cyclic(base_lr, peak_lr, up, down, mode, gamma)
    torch         CyclicLR(base_lr, peak_lr, up, down, mode, gamma)
                  same; cycle_momentum is True unless given, and then the momentum cycles
                  too
    -             optax, keras, transformers, timm

InverseTime(base_lr, rate, every)
    keras         InverseTimeDecay(base_lr, decay_steps=every, decay_rate=rate)
    -             torch, optax, transformers, timm

PowerLaw(base_lr, alpha, timescale)
    timm          WSDLRScheduler(base_lr, steps, decay, stable_fn='power',
                  stable_power=alpha, stable_timescale=timescale)
                  differs where t > steps - decay: it decays to 0 in the last decay_t of
                  t_initial steps
    -             torch, optax, keras, transformers

Warmup(InverseSqrt(peak_lr, timescale), warmup)
    transformers  get_inverse_sqrt_schedule(peak_lr, warmup, timescale)
                  same; without timescale, the warm-up is the time scale
    timm          WSDLRScheduler(peak_lr, steps - warmup, decay, stable_fn='rsqrt',
                  stable_timescale=timescale, warmup_t=warmup)
                  differs where t > steps - decay: it decays to 0 in the last decay_t of
                  t_initial steps
    -             torch, optax, keras

Noam(d_model, warmup)
    transformers  get_inverse_sqrt_schedule((d_model * warmup) ** -0.5, warmup)
                  same; its argument is the peak, not the width of the model
    -             torch, optax, keras, timm

Tanh(base_lr, steps, final_lr, lower, upper)
    timm          TanhLRScheduler(base_lr, steps, lb=lower, ub=upper, lr_min=final_lr)
                  same; lb is -7 unless given, and lower is -6
    -             torch, optax, keras, transformers

Warmup(Constant(peak_lr), warmup, start_lr)
    torch         LinearLR(peak_lr, start_lr / peak_lr, total_iters=warmup)
                  same; start_factor must be > 0
    optax         warmup_constant_schedule(start_lr, peak_lr, warmup)
                  same; with a warm-up of 0 steps it stays at the first rate
    transformers  get_constant_schedule_with_warmup(peak_lr, warmup)
                  differs where t < warmup: it always starts at 0
    timm          create_scheduler_v2(peak_lr, 'constant', warmup_lr=start_lr,
                  warmup_epochs=warmup)
                  same; warmup_lr is 1e-5 unless given
    -             keras

Warmup(Constant(peak_lr), warmup, start_lr, shape='constant')
    torch         ConstantLR(peak_lr, start_lr / peak_lr, total_iters=warmup)
                  same; the first rate is a share of the other, at most 1
    optax         piecewise_constant_schedule(start_lr, {warmup: peak_lr / start_lr})
                  same; a scale multiplies the rate in force
    keras         PiecewiseConstantDecay([warmup - 1], [start_lr, peak_lr])
                  same; a rate still holds at its boundary
    -             transformers, timm

Warmup(Cosine(peak_lr, decay), warmup, shape='cosine')
    transformers  get_wsd_schedule(peak_lr, warmup, decay, num_stable_steps=0,
                  warmup_type='cosine')
                  same; decay_type is 'cosine' unless given, but warmup_type is 'linear'
                  unless given
    -             torch, optax, keras, timm

WarmupCosine(peak_lr, steps, warmup, final_lr, start_lr)
    torch         SequentialLR([LinearLR(peak_lr, start_lr / peak_lr, total_iters=warmup),
                  CosineAnnealingLR(peak_lr, steps - warmup, final_lr)], [warmup])
                  differs where t > steps and (t - steps) % (2 * (steps - warmup)) != 0: it
                  climbs again
    optax         warmup_cosine_decay_schedule(start_lr, peak_lr, warmup, steps, final_lr)
                  same; decay_steps count the warm-up
    keras         CosineDecay(start_lr, steps - warmup, final_lr / peak_lr,
                  warmup_target=peak_lr, warmup_steps=warmup)
                  same; the warm-up is added to decay_steps
    transformers  get_cosine_with_min_lr_schedule_with_warmup(peak_lr, warmup, steps,
                  min_lr=final_lr)
                  differs where t < warmup or t > steps and
                  (t - steps) % (2 * (steps - warmup)) != 0: it always starts at 0, and
                  climbs again
    transformers  get_cosine_with_min_lr_schedule_with_warmup_lr_rate(peak_lr, warmup + 1,
                  steps + 1, min_lr=final_lr, warmup_lr_rate=start_lr / peak_lr)
                  differs where t > steps and (t - steps) % (2 * (steps - warmup)) != 0: it
                  is one step early, and climbs again
    timm          CosineLRScheduler(peak_lr, steps - warmup, final_lr, warmup_t=warmup,
                  warmup_lr_init=start_lr, warmup_prefix=True)
                  same; the warm-up is added to t_initial
    timm          CosineLRScheduler(peak_lr, steps, final_lr, warmup_t=warmup,
                  warmup_lr_init=start_lr)
                  differs where warmup <= t < steps: the decay runs during the warm-up, at
                  whose end the rate jumps down

WarmupCosine(peak_lr, steps, warmup)
    optax         warmup_cosine_decay_schedule(0.0, peak_lr, warmup, steps)
    keras         CosineDecay(0.0, steps - warmup, warmup_target=peak_lr,
                  warmup_steps=warmup)
                  same; without warmup_target there is no warm-up
    transformers  get_cosine_schedule_with_warmup(peak_lr, warmup, steps)
                  differs where t > steps and (t - steps) % (2 * (steps - warmup)) != 0: it
                  climbs again
    timm          create_scheduler_v2(peak_lr, num_epochs=steps - warmup, warmup_lr=0.0,
                  warmup_epochs=warmup, warmup_prefix=True)
                  same; warmup_prefix is False unless given
    -             torch

WarmupLinear(peak_lr, steps, warmup)
    optax         join_schedules([linear_schedule(0.0, peak_lr, warmup),
                  linear_schedule(peak_lr, 0.0, steps - warmup)], [warmup])
                  same; the clock of the second starts at the boundary
    transformers  get_linear_schedule_with_warmup(peak_lr, warmup, steps)
    transformers  get_scheduler('linear', peak_lr, warmup, steps)
    timm          PolyLRScheduler(peak_lr, steps - warmup, power=1.0, warmup_t=warmup,
                  warmup_prefix=True)
                  same; the warm-up is added to t_initial
    -             torch, keras

WarmupExponential(peak_lr, steps, warmup, final_lr, start_lr)
    optax         warmup_exponential_decay_schedule(start_lr, peak_lr, warmup,
                  steps - warmup, final_lr / peak_lr, end_value=final_lr)
                  same; the warm-up is added to transition_steps
    timm          WSDLRScheduler(peak_lr, steps - warmup, steps - warmup, final_lr,
                  decay_fn='exp', decay_ratio=final_lr / peak_lr, warmup_t=warmup,
                  warmup_lr_init=start_lr)
                  same; the warm-up is added to t_initial
    -             torch, keras, transformers

WSD(peak_lr, steps, warmup, decay, final_lr)
    transformers  get_wsd_schedule(peak_lr, warmup, decay, steps, decay_type='linear',
                  min_lr_ratio=final_lr / peak_lr)
                  differs where t < warmup: the warm-up starts at the last rate, not at 0
    timm          WSDLRScheduler(peak_lr, steps - warmup, decay, final_lr,
                  decay_fn='linear', warmup_t=warmup)
                  same; the warm-up is added to t_initial, which counts the decay
    -             torch, optax, keras

TriStage(peak_lr, steps, warmup, hold, final_lr, start_lr)
    optax         warmup_exponential_decay_schedule(start_lr, peak_lr, warmup,
                  steps - warmup - hold, final_lr / peak_lr, transition_begin=hold,
                  end_value=final_lr)
                  same; transition_begin counts from the end of the warm-up
    timm          WSDLRScheduler(peak_lr, steps - warmup, steps - warmup - hold, final_lr,
                  decay_fn='exp', decay_ratio=final_lr / peak_lr, warmup_t=warmup,
                  warmup_lr_init=start_lr)
                  same; the warm-up is added to t_initial, which counts the decay
    -             torch, keras, transformers

FlatCosine(base_lr, steps, flat, final_lr)
    torch         SequentialLR([ConstantLR(base_lr, 1.0), CosineAnnealingLR(base_lr,
                  steps - flat, final_lr)], [flat])
                  differs where t > steps and (t - steps) % (2 * (steps - flat)) != 0: it
                  climbs again
    optax         join_schedules([constant_schedule(base_lr), cosine_decay_schedule(base_lr,
                  steps - flat, final_lr / base_lr)], [flat])
                  same; the clock of the second starts at the boundary
    transformers  get_wsd_schedule(base_lr, 0, steps - flat, steps,
                  min_lr_ratio=final_lr / base_lr)
    timm          WSDLRScheduler(base_lr, steps, steps - flat, final_lr, decay_fn='cosine')
    -             keras

OneCycle(peak_lr, steps, pct_start, div_factor, final_div_factor)
    torch         OneCycleLR(peak_lr, total_steps=steps + 1,
                  pct_start=(pct_start * steps + 1) / (steps + 1), div_factor=div_factor,
                  final_div_factor=final_div_factor)
                  same; peak and end are one step early, at pct_start * total_steps - 1 and
                  at total_steps - 1, and soon after that torch raises
    optax         cosine_onecycle_schedule(steps, peak_lr, pct_start, div_factor,
                  final_div_factor)
                  differs where pct_start * steps % 1 != 0 and 0 < t < steps: the peak is at
                  a whole step, rounded down
    -             keras, transformers, timm

OneCycle(peak_lr, steps, pct_start, div_factor, final_div_factor, 'linear',
    three_phase=True)
    torch         OneCycleLR(peak_lr, total_steps=steps + 1,
                  pct_start=(pct_start * steps + 1) / (steps + 1), anneal_strategy='linear',
                  div_factor=div_factor, final_div_factor=final_div_factor,
                  three_phase=True)
                  same; peak and end are one step early, and soon after that torch raises
    optax         linear_onecycle_schedule(steps, peak_lr, pct_start, 2 * pct_start,
                  div_factor, final_div_factor)
                  differs where pct_start * steps % 1 != 0 and 0 < t < steps: both turns are
                  at whole steps, rounded down
    -             keras, transformers, timm

SlantedTriangular(peak_lr, steps, cut_frac, ratio)
    torch         OneCycleLR(peak_lr, total_steps=steps + 1,
                  pct_start=(int(cut_frac * steps) + 1) / (steps + 1),
                  anneal_strategy='linear', div_factor=ratio, final_div_factor=1.0)
                  same; peak and end are one step early, and soon after that torch raises
    optax         piecewise_interpolate_schedule('linear', peak_lr / ratio,
                  {int(cut_frac * steps): ratio, steps: 1 / ratio})
                  same; a scale multiplies the rate at the boundary before
    -             keras, transformers, timm

Cosine(max_momentum, up, base_momentum) >> Cosine(base_momentum, steps - up, max_momentum)
    torch         OneCycleMomentum(total_steps=steps + 1, pct_start=(up + 1) / (steps + 1),
                  base_momentum=base_momentum, max_momentum=max_momentum)
                  same; this is the momentum of OneCycleLR, with its peak and end one step
                  early
    -             optax, keras, transformers, timm

RangeTest(start_lr, final_lr, steps)
    torch         ExponentialLR(start_lr, (final_lr / start_lr) ** (1 / steps))
                  differs where t > steps: it goes on rising
    optax         exponential_decay(start_lr, steps, final_lr / start_lr,
                  end_value=final_lr)
                  same; end_value is an upper bound if decay_rate >= 1
    keras         ExponentialDecay(start_lr, steps, final_lr / start_lr)
                  differs where t > steps: it goes on rising
    -             transformers, timm

Linear(start_lr, base_lr, warmup) >> Exponential(base_lr, gamma)
    torch         SequentialLR([LinearLR(base_lr, start_lr / base_lr, total_iters=warmup),
                  ExponentialLR(base_lr, gamma)], [warmup])
                  same; all parts share one optimizer, and so one rate
    optax         join_schedules([linear_schedule(start_lr, base_lr, warmup),
                  exponential_decay(base_lr, 1, gamma)], [warmup])
                  same; the parts start at the boundaries, and need not end there
    -             keras, transformers, timm

Until(Exponential(base_lr, gamma), steps) >> Constant(final_lr)
    torch         SequentialLR([ExponentialLR(base_lr, gamma), ConstantLR(base_lr,
                  final_lr / base_lr, total_iters=1000)], [steps])
                  same; total_iters is 5 unless given, after which the factor of ConstantLR
                  is gone
    optax         join_schedules([exponential_decay(base_lr, 1, gamma),
                  constant_schedule(final_lr)], [steps])
                  same; a boundary cuts a part that goes on
    -             keras, transformers, timm

Shift(Linear(base_lr, final_lr, steps), by)
    optax         linear_schedule(base_lr, final_lr, steps, transition_begin=by)
                  same; a time before 0 counts as 0
    -             torch, keras, transformers, timm

Floor(Exponential(base_lr, gamma, every), min_lr)
    optax         exponential_decay(base_lr, every, gamma, end_value=min_lr)
                  same; end_value is a lower bound if decay_rate < 1
    -             torch, keras, transformers, timm

Minimum((Exponential(base_lr, 1 / gamma, every), Constant(peak_lr)))
    optax         exponential_decay(base_lr, every, 1 / gamma, end_value=peak_lr)
                  same; end_value is an upper bound if decay_rate >= 1
    -             torch, keras, transformers, timm

Staircase(InverseTime(base_lr, rate, every), every)
    keras         InverseTimeDecay(base_lr, every, rate, staircase=True)
    -             torch, optax, transformers, timm

In none of these libraries
                  Maximum, Product, REX, Scale, Stretch, Sum

No functions of time alone, and refused
    torch         ChainedScheduler, LambdaLR, MultiplicativeLR, ReduceLROnPlateau
    optax         inject_hyperparams, inject_stateful_hyperparams
    keras         LearningRateSchedule
    transformers  get_adafactor_schedule, get_greedy_schedule,
                  get_reduce_on_plateau_schedule
    timm          PlateauLRScheduler

.. End of the table
"""
