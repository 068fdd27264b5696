/** Runs in every page before anything is shown. Plain JavaScript, short, and the same for everybody. */
export const headScript = `(function(d){
var c={};document.cookie.split('; ').forEach(function(p){var i=p.indexOf('=');c[p.slice(0,i)]=p.slice(i+1)});
d.here='';if(c.souk_theme==='light'||c.souk_theme==='dark')d.theme=c.souk_theme;
if(/^[A-Z]{3}$/.test(c.souk_currency||''))d.currency=c.souk_currency;
})(document.documentElement.dataset)`
