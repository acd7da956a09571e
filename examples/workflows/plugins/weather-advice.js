// The secret is never in here: env.TOKEN is a placeholder, and becomes the value on its way to the one host it is for.
export default async function () {
  const response = await fetch(`${env.API}/weather.json`, {
    headers: { authorization: `Bearer ${env.TOKEN}` },
  });
  const { city, days } = await response.json();
  console.log(`what the plugin holds of the secret: ${env.TOKEN.slice(0, 12)}…`);
  return days.map(({ day, rain }) => ({
    city,
    day,
    advice: rain > 50 ? 'take an umbrella' : 'leave it at home',
  }));
}
