/** Temperatures of the machine's sensors, and on macOS whether the processor is slowed down by heat. */
import { reason } from '../../shared/reason.ts';
import { parseThermal } from '../platform/macos.ts';
import { firstLine, listNames, readNumber } from '../platform/read.ts';
import { type Check, NoData } from './check.ts';
import { metric, round } from './reading.ts';

export interface Sensor {
  name: string;
  celsius: number;
}

/** The value of a sensor without a cable is not a temperature. */
const plausible = (celsius: number) => celsius > -40 && celsius < 150 && celsius !== 0;

function hwmon(root: string): Sensor[] {
  const base = '/sys/class/hwmon';
  return listNames(root, base).flatMap((chip) => {
    const chipName = firstLine(root, `${base}/${chip}/name`) ?? chip;
    return listNames(root, `${base}/${chip}`).flatMap((file) => {
      const number = /^temp(\d+)_input$/.exec(file)?.[1];
      if (number === undefined) return [];
      const label = firstLine(root, `${base}/${chip}/temp${number}_label`) || `temp${number}`;
      const milli = readNumber(root, `${base}/${chip}/${file}`);
      return milli === null ? [] : [{ name: `${chipName} ${label}`, celsius: milli / 1000 }];
    });
  });
}

/** Boards without hwmon, such as small ARM ones. */
function zones(root: string): Sensor[] {
  const base = '/sys/class/thermal';
  return listNames(root, base).flatMap((zone) => {
    const milli = zone.startsWith('thermal_zone') ? readNumber(root, `${base}/${zone}/temp`) : null;
    return milli === null ? [] : [{ name: firstLine(root, `${base}/${zone}/type`) ?? zone, celsius: milli / 1000 }];
  });
}

/** Two chips of one kind have sensors of one name: the hottest stands for them. */
export function hottest(sensors: readonly Sensor[]): Sensor[] {
  const best = new Map<string, Sensor>();
  for (const sensor of sensors) {
    if (!plausible(sensor.celsius)) continue;
    const other = best.get(sensor.name);
    if (!other || sensor.celsius > other.celsius) best.set(sensor.name, sensor);
  }
  return [...best.values()];
}

export function temperature(): Check {
  return {
    name: 'temperature',
    // Some sensors sit behind a slow bus and take milliseconds.
    every: 60_000,
    reads: '/sys/class/hwmon or /sys/class/thermal (Linux), pmset -g therm (macOS); no rights needed',
    async run(context) {
      if (context.platform === 'darwin') {
        const therm = parseThermal((await context.run('/usr/bin/pmset', ['-g', 'therm'], { timeoutMs: 5000 })).stdout);
        const slowed = therm.speedLimitPercent !== null && therm.speedLimitPercent < 100;
        if (slowed) return { note: [reason('slowed_by_heat', { speed_percent: therm.speedLimitPercent })] };
        if (therm.thermalWarning) return { note: [reason('heat_warning')] };
        throw new NoData(reason('no_temperature_macos'));
      }
      const found = hottest([...hwmon(context.root), ...zones(context.root)]);
      if (found.length === 0) throw new NoData(reason('no_temperature_sensor'));
      const now = context.clock.now();
      return {
        metrics: found.flatMap(({ name, celsius }) => metric('temp', { sensor: name }, { temp: round(celsius) }, now)),
      };
    },
  };
}
