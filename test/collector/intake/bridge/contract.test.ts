import { bridgeTo } from '../../../../collector/intake/bridge/bridge.ts';
import { contractUsers, intakeSourceContract } from '../../../contract/intake-source.ts';
import { collectorUser, type MosquittoServer, mosquittoMissing, startMosquitto } from '../../../support/mosquitto.ts';

const missing = mosquittoMissing();
let server: MosquittoServer | undefined;

if (missing !== null) console.log(`\nSKIP mosquitto: ${missing}`);
else
  intakeSourceContract('bridge to mosquitto', {
    puback: 'taken',
    async prepare() {
      const started = await startMosquitto({ users: contractUsers });
      server = started;
      return started.close;
    },
    open: () => {
      const { url } = server as MosquittoServer;
      const { name: username, password } = collectorUser;
      return bridgeTo({ url: new URL(url), username, password, ca: null, agentsUrl: url });
    },
  });
