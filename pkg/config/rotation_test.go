package config_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"deskpro-login/pkg/config"
)

func TestHowLongAPreviousSecretStandsIn(t *testing.T) {
	for _, row := range []struct {
		value, says string
		want        time.Duration
	}{
		{"", "", 24 * time.Hour},
		{"90m", "", 90 * time.Minute},
		{"0s", "", 0},
		{"168h", "", 168 * time.Hour},
		{"169h", "between 0s and 168h0m0s", 0},
		{"-1s", "between 0s and 168h0m0s", 0},
		{"a day", "such as 90s", 0},
	} {
		cfg, err := load(config.Login, environment(map[string]string{"ROTATION_WINDOW": row.value}))
		if row.says == "" {
			if err != nil || cfg.RotationWindow != row.want {
				t.Errorf("%q: %v, %v, want %v", row.value, cfg.RotationWindow, err, row.want)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), "ROTATION_WINDOW") || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%q: error = %v, want one that says %q", row.value, err, row.says)
		}
	}
	if got := mustLoad(t, config.Authenticate, map[string]string{"ROTATION_WINDOW": "1h"}).RotationWindow; got != 0 {
		t.Errorf("authenticate reads it: %v", got)
	}
}

func TestWhatMakesASecretTheCurrentOne(t *testing.T) {
	for value, want := range map[string]bool{"": false, "confirmed": false, "accepted": true} {
		if got := mustLoad(t, config.Rotate, map[string]string{"PROMOTE_WHEN": value}).PromoteAccepted; got != want {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
	_, err := load(config.Rotate, environment(map[string]string{"PROMOTE_WHEN": "always"}))
	if err == nil || !strings.Contains(err.Error(), `PROMOTE_WHEN is "always": it must be confirmed or accepted`) {
		t.Errorf("error = %v", err)
	}
}

// What rotates secrets sees no more than it needs for that.
func TestRotateReadsTheDoorsAndNothingOfThePages(t *testing.T) {
	var names []string
	for _, v := range config.Variables() {
		if slices.Contains(v.Functions, config.Rotate) {
			names = append(names, v.Name)
		}
	}
	want := []string{"DOOR_DESKPRO_URL", "DOOR_SECRET", "ISSUER", "TOKEN_ALGORITHM", "PROMOTE_WHEN", "STATE_TABLE", "METRICS_NAMESPACE"}
	if !slices.Equal(names, want) {
		t.Errorf("it reads %v, want %v", names, want)
	}
	cfg := mustLoad(t, config.Rotate, nil)
	if len(cfg.Doors) != 2 || cfg.Doors[0].SecretID == "" || cfg.Doors[0].App == nil || cfg.Doors[1].Group != "" {
		t.Errorf("doors are %+v", cfg.Doors)
	}
}
