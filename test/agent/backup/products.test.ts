/** Every backup product in the list does what a product must do. */
import * as assert from 'uvu/assert';
import { products } from '../../../agent/checks/backup/index.ts';
import { backupProductContract } from '../../contract/backup-product.ts';

assert.is(new Set(products.map(({ name }) => name)).size, products.length, 'no name is listed twice');
for (const product of products) backupProductContract(product);
