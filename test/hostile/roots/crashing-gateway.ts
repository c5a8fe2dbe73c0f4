import { callbackGateway } from 'callback-gateway/compose';
import { defineService } from 'qcc-core/service/definition';
import { runService } from 'qcc-core/service/service';

/** The gateway, which dies of an error that nobody handles and that holds what an error may pick up: secrets and a link. */
await runService(
  defineService({
    ...callbackGateway,
    async start({ settings }) {
      const link = `http://files/a.zip?Expires=1&OSSAccessKeyId=LTAIcrash&Signature=${settings.QCC_SECRET_KEY}`;
      const error = new Error(`crash: key ${settings.QCC_KEY}, ${link}`, {
        cause: new Error(`sealed by ${settings.SEALING_KEY}`),
      });
      if (process.env.CRASH === 'rejection') void Promise.reject(error);
      else
        setImmediate(() => {
          throw error;
        });
      await new Promise(() => {});
    },
  }),
);
