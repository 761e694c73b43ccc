# Targets that install what they need; parsed before pg_config exists.
