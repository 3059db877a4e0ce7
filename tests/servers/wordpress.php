<?php
// Runs inside the site under test: php wordpress.php FOLDER ACTION JSON. The last line it prints is its answer, as JSON.

namespace Tests; // WordPress has an add_user() of its own

if ($argv[2] === 'install') {
    define('WP_INSTALLING', true);
}
require "$argv[1]/wp-load.php";
require_once ABSPATH . 'wp-admin/includes/upgrade.php';

function install(string $admin, string $observer): array
{
    wp_install('Test site', $admin, "$admin@example.test", false, '', wp_generate_password());
    return [$admin => new_password($admin), $observer => add_user($observer, 'administrator')];
}

function add_user(string $login, string $role): string
{
    $id = wp_insert_user([
        'user_login' => $login,
        'user_pass' => wp_generate_password(),
        'user_email' => "$login@example.test",
        'role' => $role,
    ]);
    if (is_wp_error($id)) {
        throw new \RuntimeException($id->get_error_message());
    }
    return new_password($login);
}

function new_password(string $login): string
{
    [$password] = \WP_Application_Passwords::create_new_application_password(id_of($login), ['name' => uniqid()]);
    return $password;
}

function revoke_passwords(string $login): int
{
    return \WP_Application_Passwords::delete_all_application_passwords(id_of($login));
}

function set_sign_in_password(string $login, string $password): bool
{
    wp_set_password($password, id_of($login));
    return true;
}

function given_passwords(string $login): array
{
    return array_column(\WP_Application_Passwords::get_user_application_passwords(id_of($login)), 'name');
}

function id_of(string $login): int
{
    return get_user_by('login', $login)->ID ?? throw new \RuntimeException("no user $login");
}

[, , $action, $given] = $argv; // only now: WordPress has globals of these names
$given = json_decode($given, true);
echo "\n", json_encode((__NAMESPACE__ . '\\' . $action)(...$given));
