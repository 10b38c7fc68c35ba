/** The part of `pg` that is used here, for folders in which its packages are not installed yet. */
declare module 'pg' {
  export interface CustomTypesConfig {
    getTypeParser(oid: number, format?: 'text' | 'binary'): (text: string) => unknown;
  }
  export interface ClientConfig {
    host: string;
    port: number;
    user: string;
    password: string | undefined;
    database: string;
    ssl: false | { rejectUnauthorized: boolean; ca?: string };
    application_name: string;
    connectionTimeoutMillis: number;
    keepAlive: boolean;
    types: CustomTypesConfig;
  }
  export class Client {
    constructor(config: ClientConfig);
    connect(): Promise<void>;
    query(text: string, values?: readonly unknown[]): Promise<unknown>;
    on(event: 'error' | 'end', listener: () => void): this;
    removeAllListeners(event: 'end'): this;
    end(): Promise<void>;
  }
  export const types: CustomTypesConfig & { builtins: { INT8: number; NUMERIC: number } };
  const pg: { Client: typeof Client; types: typeof types };
  export default pg;
}
