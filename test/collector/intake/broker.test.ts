import { brokerOn } from '../../../collector/intake/broker/broker.ts';
import { intakeSourceContract } from '../../contract/intake-source.ts';

intakeSourceContract('broker', { open: (port) => brokerOn({ host: '127.0.0.1', port }), puback: 'durable' });
