/** What we use of `net-snmp`, which comes without types. */
declare module 'net-snmp' {
  export interface Varbind {
    oid: string;
    type: number;
    value: unknown;
  }
  export interface Session {
    get(oids: string[], done: (error: Error | null, varbinds?: Varbind[]) => void): void;
    /** @param feed returns whether it has had enough */
    subtree(
      oid: string,
      many: number,
      feed: (varbinds: Varbind[]) => boolean,
      done: (error?: Error | null) => void,
    ): void;
    on(event: 'error', listener: (error: Error) => void): void;
    close(): void;
  }
  const snmp: {
    createSession(address: string, community: string, options: Record<string, unknown>): Session;
    createV3Session(address: string, user: Record<string, unknown>, options: Record<string, unknown>): Session;
    isVarbindError(varbind: Varbind): boolean;
    Version2c: number;
    Version3: number;
    ObjectType: { Counter64: number };
    AuthProtocols: Record<string, number>;
    PrivProtocols: Record<string, number>;
    SecurityLevel: { noAuthNoPriv: number; authNoPriv: number; authPriv: number };
  };
  export default snmp;
}
