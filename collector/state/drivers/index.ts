/** The databases for the state. Loaded only when configured; to add one: a file and a line here. */
import type { StateDriver } from './driver.ts';
import type { PostgresPlace } from './postgres-address.ts';
import type { SqlitePlace } from './sqlite.ts';

export type StatePlace = SqlitePlace | PostgresPlace;

const drivers = {
  sqlite: async () => (await import('./sqlite.ts')).sqlite,
  postgres: async () => (await import('./postgres.ts')).postgres,
};

export const driverOf = (place: StatePlace): Promise<StateDriver<StatePlace>> =>
  drivers[place.driver]() as Promise<StateDriver<StatePlace>>;
