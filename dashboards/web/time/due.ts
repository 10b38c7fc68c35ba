/** How often values of a measurement come where nothing is set: of all systems the slowest. Pure; ms. */
const minute = 60_000;
const hour = 60 * minute;

const dueOfMeasurement: Readonly<Record<string, number>> = {
  mem: minute,
  swap: minute,
  disk: 5 * minute,
  disk_forecast: 24 * hour,
  net: 2 * minute,
  processes: 5 * minute,
  procstat: 5 * minute,
  temp: minute,
  backup: 5 * minute,
  patches: 6 * hour,
  os: hour,
  smart: 6 * hour,
  array: 15 * minute,
  battery: hour,
  service: 5 * minute,
  cert: hour,
  posture: 6 * hour,
  log: minute,
  custom: minute,
};

/** Of several in one chart, the one that comes most often. */
export const dueOf = (metrics: readonly string[]): number =>
  Math.min(...metrics.map((metric) => dueOfMeasurement[metric.slice(0, metric.indexOf('.'))] ?? 10_000));
